import { realpath } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { execa } from "execa";
import { cacheRoot } from "../paths.ts";
import { findProgram } from "./find-program.ts";

/** The oldest Pulumi whose Automation API commands are all here (stack tags on file backends came with 3.211). */
const oldest = [3, 211] as const;

export interface FoundPulumi {
  readonly binFolder: string;
  readonly version: string;
}

/** A Pulumi that the user installed. What an earlier run of the sandbox built does not count, nor does one too old. */
export async function findOfficialPulumi(): Promise<FoundPulumi | undefined> {
  const file = await findProgram("pulumi");
  if (file === undefined || (await realpath(file)).startsWith(cacheRoot() + sep)) return undefined;
  const { stdout, failed } = await execa(file, ["version"], {
    reject: false,
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const version = stdout.trim();
  return !failed && isRecentPulumi(version) ? { binFolder: dirname(file), version } : undefined;
}

export function isRecentPulumi(version: string): boolean {
  const [, major, minor] = (/^v?(\d+)\.(\d+)\./.exec(version) ?? []).map(Number);
  if (major === undefined || minor === undefined) return false;
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
