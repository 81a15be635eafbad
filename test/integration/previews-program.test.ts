import { afterEach, beforeEach, expect, test } from "vitest";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../sandbox/paths.ts";

let checkout = "";

/** A checkout with this one's sources and packages, and a folder of packages of its own. */
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), "checkout-"));
  for (const name of ["automation", "components", "stacks", "package.json"]) {
    await symlink(join(projectRoot, name), join(checkout, name));
  }
  for (const name of ["bin", "scripts"]) await cp(join(projectRoot, name), join(checkout, name), { recursive: true });
  await mkdir(join(checkout, "node_modules"));
  for (const name of await readdir(join(projectRoot, "node_modules"))) {
    if (name !== ".cache") await symlink(join(projectRoot, "node_modules", name), join(checkout, "node_modules", name));
  }
});

afterEach(() => rm(checkout, { recursive: true, force: true }));

test("the bundle is made once", async () => {
  const bundles = () => readdir(join(checkout, "node_modules/.cache/previews"));
  const version = await previews();
  const made = await bundles();
  expect(made).toHaveLength(1);
  expect(await previews()).toBe(version);
  expect(await bundles()).toEqual(made);
});

test("without a place for a bundle, the sources run all the same", async () => {
  await writeFile(join(checkout, "node_modules/.cache"), "no folder");
  expect(await previews()).toMatch(/^\d+\.\d+\.\d+\n$/);
});

async function previews(): Promise<string> {
  const program = join(checkout, "bin/previews.js");
  return (await promisify(execFile)(process.execPath, [program, "--version"])).stdout;
}
