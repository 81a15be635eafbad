import { realpathSync, statSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import type { Memory } from "../../memory/memory.ts";

/** The CLI's own file is tens of megabytes. A smaller one of its name starts another: a version manager's, or a script. */
const LEAST_BYTES = 10_000_000;

/** What the driver knows of the CLI on PATH from an earlier run. */
export interface CliVersion {
  get(): string | undefined;
  set(version: string): void;
}

/** The version is asked for once for each file: a process for a quarter of a second, while others have work to do. */
export function cliVersion(path: string, memory: Pick<Memory, "get" | "set">): CliVersion {
  return {
    get() {
      const file = cliFile(path);
      const version = file === undefined ? undefined : memory.get(keyOf(file));
      return typeof version === "string" ? version : undefined;
    },
    set(version) {
      const file = cliFile(path);
      if (file !== undefined) memory.set(keyOf(file), version);
    },
  };
}

function keyOf(file: string): string {
  return `pulumi/version ${file}`;
}

/** What tells the CLI's file from any other. Undefined: what is on PATH may lead to one version today and to another tomorrow. */
export function cliFile(path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    try {
      const file = realpathSync(join(folder, "pulumi"));
      const { size, mtimeMs, ino, mode } = statSync(file);
      if ((mode & 0o111) === 0) continue;
      const isItself = basename(file) === "pulumi" && size >= LEAST_BYTES;
      return isItself ? [file, size, mtimeMs, ino].join(" ") : undefined;
    } catch {
      // None here: the next folder.
    }
  }
  return undefined;
}
