import { chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cliVersion } from "../../../automation/engines/automation/cli-version.ts";
import { shortMemory } from "../../../automation/memory/file-memory.ts";

let folder: string;
let memory: ReturnType<typeof shortMemory>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-version-"));
  memory = shortMemory();
});
afterEach(() => rm(folder, { recursive: true }));

async function program(path: string, { bytes = 20_000_000, mode = 0o755 } = {}): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, "");
  await truncate(file, bytes);
  await chmod(file, mode);
  return file;
}

const on = (...folders: readonly string[]) =>
  cliVersion(folders.map((one) => join(folder, one)).join(delimiter), memory);

test("a version is known of the file that said it, until that is another", async () => {
  const file = await program("a/pulumi");
  expect(on("a").get()).toBeUndefined();
  on("a").set("3.220.0");
  expect(on("a").get()).toBe("3.220.0");
  await utimes(file, new Date(), new Date("2026-01-01T00:00:00Z"));
  expect(on("a").get()).toBeUndefined();
});

test("the first on PATH that can be run is the one, by whatever link", async () => {
  await program("real/pulumi");
  await program("notes/pulumi", { mode: 0o644 });
  await mkdir(join(folder, "links"));
  await symlink(join(folder, "real/pulumi"), join(folder, "links/pulumi"));
  on("links").set("3.220.0");
  expect(on("nothing", "notes", "real").get()).toBe("3.220.0");
  await program("other/pulumi");
  expect(on("other", "real").get()).toBeUndefined();
});

test.each<[string, () => Promise<unknown>]>([
  ["a script in its place", () => program("shim/pulumi", { bytes: 300 })],
  [
    "a version manager's program by its name",
    async () => {
      await program("manager/mise");
      await mkdir(join(folder, "shim"));
      await symlink(join(folder, "manager/mise"), join(folder, "shim/pulumi"));
    },
  ],
  ["none", () => Promise.resolve()],
])("nothing is known of %s, which may lead to another version tomorrow", async (_, make) => {
  await make();
  await program("real/pulumi");
  const path = _ === "none" ? ["shim"] : ["shim", "real"];
  on(...path).set("3.220.0");
  expect(on(...path).get()).toBeUndefined();
  expect(on("real").get()).toBeUndefined();
});
