import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { instanceFiles } from "./cluster/instance-files.ts";
import { withInstanceLock } from "./cluster/instance-lock.ts";
import { lastLines } from "./cluster/last-lines.ts";
import { instanceStatus, type InstanceStatus } from "./cluster/instance-status.ts";
import { removeInstance, stopInstance } from "./cluster/remove-instance.ts";
import { readPlan, startInstance, type InstanceParts } from "./cluster/start-instance.ts";
import { milestones, type Milestone } from "./cluster/state.ts";
import { ensureRegistrySeed } from "./images/ensure-registry-seed.ts";
import { instanceEnvironment } from "./instance-environment.ts";
import { findPlugins } from "./instance-plugins.ts";
import { choosePlugin, describePlugin } from "./plugin-path.ts";
import { ensureTools, type Progress } from "./tools/ensure-tools.ts";
import { UsageError } from "./usage-error.ts";

export type { InstanceStatus } from "./cluster/instance-status.ts";

export const defaultInstance = "sandbox";

export interface UpOptions {
  readonly name?: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** With Flux's notification-controller, which only the feedback of the flux engine needs. Default: true. */
  readonly notifications?: boolean;
}

export interface UpResult {
  readonly status: InstanceStatus;
  /** It was running already: nothing was done. */
  readonly found: boolean;
  /** Which Pulumi plugins are used, a line for each. */
  readonly plugins: readonly string[];
}

/**
 * Brings an instance up, or finds it running, and returns when all of it answers. What is left of one that was killed is
 * removed first. When it fails, everything it started is ended, and the logs are left.
 */
export async function up({ name = defaultInstance, ...options }: UpOptions): Promise<UpResult> {
  checkMachine();
  checkName(name);
  const { progress, signal } = options;
  return withInstanceLock(name, signal, async () => {
    const before = await instanceStatus(name);
    if (before.running) return { status: before, found: true, plugins: [] };
    try {
      const plugins = before.phase === "starting" ? [] : await start(name, options);
      await reported(name, progress, signal);
      return { status: await instanceStatus(name), found: false, plugins };
    } catch (error) {
      await (signal?.aborted ? removeInstance(name) : stopInstance(name));
      throw error;
    }
  });
}

/** Ends an instance and removes all of it, whatever state it is in. Answers whether there was any. */
export async function down({ name = defaultInstance }: { readonly name?: string }): Promise<boolean> {
  checkMachine();
  checkName(name);
  return withInstanceLock(name, undefined, async () => {
    const { phase } = await instanceStatus(name);
    await removeInstance(name);
    return phase !== "absent";
  });
}

export async function status(name = defaultInstance): Promise<InstanceStatus> {
  checkMachine();
  checkName(name);
  return instanceStatus(name);
}

/** The variables with which any program of this machine works with a running instance. */
export async function environment(name = defaultInstance): Promise<Record<string, string>> {
  const { phase, running } = await status(name);
  const plan = await readPlan(name);
  if (!running || plan === undefined) {
    throw new UsageError(
      `sandbox "${name}" is not up (${phase}): start it with \`npm run sandbox -- up --name ${name}\``,
    );
  }
  return instanceEnvironment(plan, (await readFile(plan.files.githubToken, "utf8")).trim(), process.env);
}

/** Builds or finds what an instance is made of; the stand-ins only where an official plugin is missing. */
export async function prepare({
  progress,
  signal,
  notifications = true,
}: Omit<UpOptions, "name">): Promise<InstanceParts> {
  checkMachine();
  const plugins = await findPlugins();
  const complete = plugins.every((plugin) => choosePlugin(plugin, {}).use !== "nothing");
  const skip = [
    ...(complete ? (["plugins"] as const) : []),
    ...(notifications ? [] : (["notification-controller"] as const)),
  ];
  const tools = await ensureTools({ progress, skip, ...(signal && { signal }) });
  const seed = await ensureRegistrySeed(tools, progress, signal);
  return { tools, seed, plugins: plugins.map((plugin) => choosePlugin(plugin, tools.standIns)) };
}

async function start(name: string, options: Omit<UpOptions, "name">): Promise<string[]> {
  const parts = await prepare(options);
  options.progress.plan?.(milestones);
  await removeInstance(name);
  await startInstance(name, parts);
  return parts.plugins.map(describePlugin);
}

/** Tells every milestone until the last one is reached. */
async function reported(name: string, progress: Progress, signal: AbortSignal | undefined): Promise<void> {
  const told = new Set<Milestone>();
  for (const milestone of milestones) progress.start(milestone);
  for (const end = Date.now() + 300_000; ;) {
    await sleep(100);
    signal?.throwIfAborted();
    const { phase, reached, error } = await instanceStatus(name);
    for (const milestone of milestones) {
      const ms = reached[milestone];
      if (ms === undefined || told.has(milestone)) continue;
      told.add(milestone);
      progress.done(milestone, ms, false);
    }
    if (phase === "ready") return;
    const { logs } = instanceFiles(name);
    const failed = phase !== "starting";
    if (failed || Date.now() > end) {
      const reason =
        error ??
        (failed ? `its supervisor ended${await lastLines(join(logs, "supervisor.log"))}` : "5 minutes were not enough");
      throw new Error(`sandbox "${name}" did not come up: ${reason}\nAll logs: ${logs}`);
    }
  }
}

function checkMachine(): void {
  const problems = [
    ...(process.platform === "linux" ? [] : [`this is ${process.platform}, and a node runs on Linux only`]),
    ...(process.getuid?.() === 0 ? [] : ["it needs root for namespaces, cgroups and mounts: run it as root"]),
  ];
  if (problems.length > 0) throw new UsageError(`the sandbox cannot run here: ${problems.join("; ")}`);
}

/** The name becomes part of file, cgroup and namespace names. */
function checkName(name: string): void {
  if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return;
  throw new UsageError(
    `"${name}" cannot name a sandbox: use 1 to 40 lower-case letters, digits and dashes, no dash at either end`,
  );
}
