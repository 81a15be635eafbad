import { cpus, loadavg, release, totalmem } from "node:os";
import { execa } from "execa";
import { testTools } from "../../support/test-tools.ts";
import { inWorld, type Bench, type BenchOptions } from "./bench-world.ts";
import { contention } from "./contention.ts";
import { idle, settle, type NaiveFigures } from "./idle.ts";
import { makePreviews } from "./many-previews.ts";
import { openPullRequests } from "./many-pull-requests.ts";
import { memory } from "./memory.ts";
import { operations, type OperationName } from "./operations.ts";
import { profile } from "./profile.ts";
import type { DriverReport, IdleFigures, Machine } from "./report.ts";
import { inSandbox } from "./sandbox.ts";
import { startup } from "./startup.ts";

export const parts = [
  "startup",
  "idle",
  "memory",
  "create",
  "update",
  "destroy",
  "contention",
  "profile",
  "url",
  "parallel",
] as const;
export type Part = (typeof parts)[number];
/** Those that need a sandbox. */
export const sandboxParts = ["url", "parallel"] as const satisfies readonly Part[];

export interface DriverBenchOptions extends BenchOptions {
  readonly only: ReadonlySet<Part>;
  /** Numbers of open pull requests with nothing to do. */
  readonly sizes: readonly number[];
}

/** Measures the driver, part by part. What concerns the same world shares it. */
export async function driverBench(options: DriverBenchOptions): Promise<DriverReport> {
  const { only } = options;
  const known = await machine(options.runs);
  const [before = Number.NaN] = loadavg();
  const asked = (["create", "update", "destroy"] as const).filter((name) => only.has(name));
  const report: Omit<DriverReport, "machine"> = {
    ...((["startup", "idle", "memory"] as const).some((name) => only.has(name)) && (await withNothingToDo(options))),
    ...(asked.length > 0 && picked(await inWorld(options, operations), asked)),
    ...(only.has("contention") && { contention: await inWorld(options, contention) }),
    ...(only.has("profile") && { profile: await inWorld(options, profile) }),
    ...(await inSandbox(options, new Set(sandboxParts.filter((part) => only.has(part))))),
  };
  const [after = Number.NaN] = loadavg();
  return { machine: { ...known, load: [before, after] }, ...report };
}

function picked<T>(all: Readonly<Record<OperationName, T>>, names: readonly OperationName[]) {
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

async function withNothingToDo(options: DriverBenchOptions): Promise<Partial<DriverReport>> {
  const { only, sizes } = options;
  const [first = 10, ...more] = sizes;
  const small = await inWorld(options, async (bench) => {
    const previews = await settled(bench, first, first);
    return {
      ...(only.has("startup") ? { startup: await startup(bench) } : {}),
      ...(only.has("idle") ? { idle: [await idle(bench, previews)] } : {}),
      ...(only.has("memory") ? { memory: await memory(bench) } : {}),
    };
  });
  const measured = small.idle?.[0];
  if (!measured) return small;
  const large: IdleFigures[] = [];
  for (const n of more) large.push(await inWorld(options, (bench) => idleWith(bench, n, measured)));
  return { ...small, idle: [measured, ...large] };
}

async function idleWith(bench: Bench, n: number, known: NaiveFigures & { readonly n: number }): Promise<IdleFigures> {
  return idle(bench, await settled(bench, n, 1), known);
}

async function settled(bench: Bench, n: number, withPulumi: number) {
  const previews = await makePreviews(bench, await openPullRequests(bench, n), withPulumi);
  await settle(bench);
  return previews;
}

async function machine(runs: number): Promise<Omit<Machine, "load">> {
  const { bin } = await testTools();
  const { stdout: pulumi } = await execa(bin.pulumi, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  return {
    cpus: cpus().length,
    memoryMb: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    node: process.version,
    pulumi,
    runs,
    at: new Date().toISOString(),
  };
}
