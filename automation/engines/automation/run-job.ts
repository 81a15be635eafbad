import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { previewProgram } from "../../../stacks/preview/program.ts";
import { adoptPendingCreates } from "./pending-creates.ts";
import type { DeployJob, DestroyJob, Job, StackSettings } from "./messages.ts";
import { eventWatcher, type EventWatcher } from "./engine-events.ts";
import { PulumiFailure } from "./pulumi-failure.ts";

const AGENT = { userAgent: "preview-environments", color: "never" } as const;

interface Operation<J extends Job> {
  readonly job: J;
  readonly workspace: automation.LocalWorkspace;
  readonly signal: AbortSignal;
  readonly watcher: EventWatcher;
}

/** Runs one stack's operation in this process. */
export async function runJob(job: Job, signal: AbortSignal, progress: (text: string) => void): Promise<void> {
  const temporary = tmpdir();
  const workDir = await mkdtemp(join(temporary, `${job.name}-`));
  // The Automation API leaves files behind where a command fails, the stack's state among them: they go with this folder.
  process.env["TMPDIR"] = workDir;
  const watcher = eventWatcher(progress);
  try {
    const workspace = await openWorkspace(job, workDir);
    if (job.kind === "deploy") await deploy({ job, workspace, signal, watcher });
    else await destroy({ job, workspace, signal, watcher });
  } catch (error) {
    throw new PulumiFailure({
      stack: job.name,
      diagnostics: watcher.diagnostics(),
      cancelled: signal.aborted,
      cause: error,
    });
  } finally {
    process.env["TMPDIR"] = temporary;
    await rm(workDir, { recursive: true, force: true });
  }
}

async function deploy({ job, workspace, signal, watcher }: Operation<DeployJob>): Promise<void> {
  const stack = job.exists ? await openStack(job, workspace) : await createStack(job, workspace);
  const options = { ...AGENT, onEvent: watcher.onEvent, signal };
  const compareWithCluster = async () => {
    await adoptPendingCreates(stack);
    signal.throwIfAborted();
    await stack.refresh(options);
    signal.throwIfAborted();
  };
  if (job.exists && job.refresh) await compareWithCluster();
  signal.throwIfAborted();
  try {
    await stack.up(options);
  } catch (error) {
    // What an interrupted run had created is in the way now, unknown to the state.
    if (signal.aborted || !watcher.sawPendingOperations()) throw error;
    watcher.forget();
    await compareWithCluster();
    await stack.up(options);
  }
  if (watcher.sawPendingOperations()) await adoptPendingCreates(stack);
}

async function destroy({ job, workspace, signal, watcher }: Operation<DestroyJob>): Promise<void> {
  const stack = await openStack(job, workspace);
  // Before anything is deleted, so that what turns up goes in its order too.
  const refresh = job.careful && (await adoptPendingCreates(stack));
  signal.throwIfAborted();
  await stack.destroy({ ...AGENT, refresh, onEvent: watcher.onEvent, signal });
  signal.throwIfAborted();
  await workspace.removeStack(job.name);
}

async function openWorkspace(job: Job, workDir: string): Promise<automation.LocalWorkspace> {
  const { kubeconfig, context, timeoutSeconds } = job;
  const timeout = `${timeoutSeconds}s`;
  const program =
    ({ spec, adopt }: DeployJob) =>
    () =>
      Promise.resolve().then(() => previewProgram({ spec, kubeconfig, context, timeout, adopt }));
  return automation.LocalWorkspace.create({
    workDir,
    pulumiCommand: await pulumiCommand(),
    ...(job.kind === "deploy" ? { program: program(job) } : {}),
    projectSettings: { name: job.project, runtime: "nodejs", main: workDir },
  });
}

/** A stack that exists. Every command names its stack, so none needs to be selected first. */
async function openStack(job: StackSettings, workspace: automation.LocalWorkspace): Promise<automation.Stack> {
  workspace.selectStack = () => Promise.resolve();
  return withoutQuestions(await automation.Stack.select(job.name, workspace));
}

async function createStack(job: StackSettings, workspace: automation.LocalWorkspace): Promise<automation.Stack> {
  try {
    return withoutQuestions(await automation.Stack.create(job.name, workspace));
  } catch (error) {
    if (error instanceof automation.StackAlreadyExistsError) return openStack(job, workspace);
    throw error;
  }
}

/** After each operation the Automation API asks for outputs and history: three more processes, for what nobody reads. */
function withoutQuestions(stack: automation.Stack): automation.Stack {
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  return stack;
}

let command: Promise<automation.PulumiCommand> | undefined;

/** The CLI, asked for its version once in the life of a worker. */
function pulumiCommand(): Promise<automation.PulumiCommand> {
  command ??= automation.PulumiCommand.get();
  return command;
}
