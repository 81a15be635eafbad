import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { killProcess } from "../../sandbox/cluster/kill-process.ts";
import { lines } from "../../sandbox/progress.ts";
import { ensureRegistrySeed } from "../../sandbox/images/ensure-registry-seed.ts";
import { ensureToolOnDemand, ensureTools, type Progress } from "../../sandbox/tools/ensure-tools.ts";
import { sandboxObstacle } from "./machine.ts";

/** Builds or finds the tools and images once, before the first test that needs them, and says what takes so long. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (sandboxObstacle() !== undefined) return undefined;
  const progress = lines((line) => process.stderr.write(`${line}\n`));
  await ensureRegistrySeed(await ensureTools({ progress }), progress);
  return process.env["PREVIEW_TEST_PROVIDER"] === "official" ? officialProviderOnPath(progress) : undefined;
}

/** Has the tests find Pulumi's own Kubernetes provider first, in the place of the stand-in. */
async function officialProviderOnPath(progress: Progress): Promise<() => Promise<void>> {
  const provider = await ensureToolOnDemand("pulumi-resource-kubernetes", { progress });
  const folder = await mkdtemp(join(tmpdir(), "official-"));
  // What lies in the cache folder does not count as installed.
  await symlink(provider, join(folder, basename(provider)));
  process.env["PATH"] = [folder, process.env["PATH"]].join(delimiter);
  return async () => {
    await killAll(folder);
    await rm(folder, { recursive: true });
  };
}

/** Pulumi's own provider outlives an engine that was killed in the middle, as some tests do: it waits on for what it was making. */
async function killAll(folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,args="]);
  for (const [, pid, program = ""] of stdout.matchAll(/^ *(\d+) (\S+)/gm))
    if (program.startsWith(folder)) killProcess(Number(pid));
}
