import { realpathSync, statSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import parseVersion from "semver/functions/parse.js";
import type { Memory } from "../../memory/memory.ts";
import { wrongSetting } from "../../problem.ts";

/** The major version of the CLIs that the Automation API speaks to. */
const MAJOR = 3;

/** The CLI's own file is tens of megabytes. A smaller one of its name starts another: a version manager's, or a script. */
const LEAST_BYTES = 10_000_000;

export interface CliVersionOptions {
  /** Where the CLI is looked for, as in the environment. */
  readonly path: string;
  /** What is known from earlier runs. */
  readonly memory: Pick<Memory, "get" | "set">;
  /** Runs `pulumi version`. */
  readonly ask: () => Promise<string>;
}

/**
 * The CLI's version. It is asked for once for each file, and once in the life of a driver where that is none to go by: the
 * question is a process for a tenth of a second, while others have work to do.
 */
export function cliVersion({ path, memory, ask }: CliVersionOptions): () => Promise<string> {
  const asked = new Map<string | undefined, Promise<string>>();

  async function askAbout(file: string | undefined): Promise<string> {
    try {
      const version = checked((await ask()).trim());
      if (file !== undefined) memory.set(keyOf(file), version);
      return version;
    } catch (error) {
      asked.delete(file);
      throw error;
    }
  }

  return () => {
    const file = cliFile(path);
    const known = file === undefined ? undefined : memory.get(keyOf(file));
    if (typeof known === "string") return Promise.resolve(known);
    const answer = asked.get(file) ?? askAbout(file);
    asked.set(file, answer);
    return answer;
  };
}

function checked(version: string): string {
  if (parseVersion(version)?.major === MAJOR) return version;
  throw wrongSetting("PATH", `the Pulumi CLI on it must be of version ${MAJOR}; "pulumi version" answers "${version}"`);
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
