import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cachedFolder, cachedFolders } from "../../../sandbox/tools/cached-folder.ts";

let root: string;
let target: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cached-folder-"));
  target = join(root, "tools", "x-1");
});
afterEach(() => rm(root, { recursive: true }));

const contents = async () => (await readdir(join(root, "tools"))).filter((name) => !name.endsWith(".lock")).sort();

test("a folder is made once", async () => {
  let made = 0;
  const fill = async (partial: string) => {
    made += 1;
    await writeFile(join(partial, "file"), "");
  };
  expect(await cachedFolder(target, fill)).toBe(false);
  expect(await cachedFolder(target, fill)).toBe(true);
  expect(made).toBe(1);
  expect(await readdir(target)).toEqual(["file"]);
});

test("two at once make it once, and both see it whole", async () => {
  let made = 0;
  const fill = async (partial: string) => {
    made += 1;
    await sleep(50);
    await writeFile(join(partial, "file"), "");
  };
  const cached = await Promise.all([cachedFolder(target, fill), cachedFolder(target, fill)]);
  expect(made).toBe(1);
  expect(cached.sort()).toEqual([false, true]);
});

test("a failure leaves nothing, and the next attempt succeeds", async () => {
  const failing = cachedFolder(target, () => Promise.reject(new Error("no disk")));
  await expect(failing).rejects.toThrow("no disk");
  expect(await contents()).toEqual([]);
  expect(await cachedFolder(target, () => Promise.resolve())).toBe(false);
});

test("what a killed run left half made is thrown away", async () => {
  await mkdir(`${target}.partial-dead`, { recursive: true });
  expect(await cachedFolder(target, () => Promise.resolve())).toBe(false);
  expect(await contents()).toEqual(["x-1"]);
});

test("an interruption is not taken for a result", async () => {
  const interruption = new AbortController();
  const fill = () => {
    interruption.abort(new Error("interrupted"));
    return Promise.resolve();
  };
  await expect(cachedFolder(target, fill, interruption.signal)).rejects.toThrow("interrupted");
  expect(await contents()).toEqual([]);
});

describe("several folders", () => {
  const folder = (name: string) => join(root, "tools", name);
  const all = ["x-1", "y-1", "z-1"];

  test("are made by one call, which is given the missing ones", async () => {
    await cachedFolder(folder("y-1"), () => Promise.resolve());
    const calls: string[][] = [];
    const make = () =>
      cachedFolders(all.map(folder), async (partials) => {
        calls.push([...partials.keys()]);
        for (const [target, partial] of partials) await writeFile(join(partial, "is"), target);
      });
    expect(await make()).toBe(false);
    expect(await make()).toBe(true);
    expect(calls).toEqual([[folder("x-1"), folder("z-1")]]);
    expect(await contents()).toEqual(all);
    expect(await readFile(join(folder("z-1"), "is"), "utf8")).toBe(folder("z-1"));
  });

  test("are not there at all when making them fails", async () => {
    const failing = cachedFolders(all.map(folder), () => Promise.reject(new Error("no disk")));
    await expect(failing).rejects.toThrow("no disk");
    expect(await contents()).toEqual([]);
  });

  test("are made once by two at a time", async () => {
    let made = 0;
    const fill = async () => {
      made += 1;
      await sleep(50);
    };
    const cached = await Promise.all([cachedFolders(all.map(folder), fill), cachedFolders(all.map(folder), fill)]);
    expect(made).toBe(1);
    expect(cached.sort()).toEqual([false, true]);
  });
});
