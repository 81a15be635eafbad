import { chmod, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../sandbox/paths.ts";

/**
 * This checkout's component package in a folder of its own, with the packages that it has. The engine has the dependencies of a
 * plugin installed: with `bin` in front of PATH that is only noted, in `bin/npm.log`, since they are there, and not a test's to change.
 */
export async function copyComponentPackage(folder: string): Promise<{ readonly bin: string }> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  for (const name of ["components", "package.json", "PulumiPlugin.yaml", "tsconfig.json"])
    await cp(join(projectRoot, name), join(folder, name), { recursive: true });
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  const npm = join(bin, "npm");
  await writeFile(npm, '#!/bin/sh\necho "$@" >> "$(dirname "$0")/npm.log"\n');
  await chmod(npm, 0o755);
  return { bin };
}
