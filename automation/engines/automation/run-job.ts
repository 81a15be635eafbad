import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { previewProgram, type PreviewOutputs } from "../../../stacks/preview/program.ts";
import { diyStackName } from "../../pulumi-backend.ts";
import { PolicyRefusal } from "../engine.ts";
import { adoptPendingCreates } from "./pending-creates.ts";
import { checkPolicy } from "./check-policy.ts";
import { analyzedUpdate } from "./engine-analyzer.ts";
import type { CheckJob, DeployJob, DestroyJob, Job, News } from "./messages.ts";
import { eventWatcher, type EventWatcher } from "./engine-events.ts";
import { Findings } from "./findings.ts";
import { makingUpdate } from "./making-update.ts";
import { pulumiCli } from "./pulumi-cli.ts";
import { PulumiFailure } from "./pulumi-failure.ts";

/** Jobs on a stack. */
type WorkJob = Exclude<Job, CheckJob>;

const AGENT = { userAgent: "preview-environments", color: "never" } as const;

interface Operation<J extends WorkJob> {
  readonly job: J;
  readonly workDir: string;
  readonly workspace: automation.LocalWorkspace;
  readonly signal: AbortSignal;
  readonly watcher: EventWatcher;
  readonly tell: (news: News) => void;
  readonly findings: Findings;
}

/** Runs one stack's operation in this process. */
export async function runJob(job: Job, signal: AbortSignal, tell: (news: News) => void): Promise<void> {
  const temporary = tmpdir();
  const workDir = await mkdtemp(join(temporary, `${job.name}-`));
  // The Automation API leaves files behind where a command fails, the stack's state among them: they go with this folder.
  process.env["TMPDIR"] = workDir;
  const findings = new Findings((violation) => {
    tell({ type: "violation", violation });
  });
  const watcher = eventWatcher({
    progress: (text) => {
      tell({ type: "progress", text });
    },
    violation: (violation, urn) => {
      findings.byEngine(violation, urn);
    },
  });
  try {
    if (job.kind === "check") {
      await checkPolicy(
        job.pack,
        programOf({ ...job, adopt: false }),
        { project: job.project, stack: job.name },
        findings,
      );
      return;
    }
    const workspace = await openWorkspace(job, workDir);
    const operation = { workDir, workspace, signal, watcher, tell, findings };
    if (job.kind === "deploy") await deploy({ job, ...operation });
    else await destroy({ job, ...operation });
  } catch (error) {
    if (error instanceof PolicyRefusal) throw error;
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

async function deploy(operation: Operation<DeployJob>): Promise<void> {
  const { job, workDir, workspace, signal, watcher, tell, findings } = operation;
  const { policy } = job;
  if (policy !== undefined) {
    await checkPolicy(policy.pack, programOf(job), { project: job.project, stack: job.name }, findings);
    signal.throwIfAborted();
  }
  const options = { ...AGENT, onEvent: watcher.onEvent, signal };
  if (job.stack === "update") {
    const { name, project } = job;
    // A template does not say which project a stack of this name is of.
    const stack = await openStack(diyStackName(project, name), workspace);
    const program = inline(programOf(job));
    if (!(await makingUpdate({ stack, workspace, workDir, project, program, options }))) tell({ type: "not made" });
    return;
  }
  const stack = await (job.stack === "open" ? openStack(job.name, workspace) : createStack(job.name, workspace));
  const compareWithCluster = async () => {
    await adoptPendingCreates(stack);
    signal.throwIfAborted();
    await stack.refresh(options);
    signal.throwIfAborted();
  };
  if (job.refresh) await compareWithCluster();
  signal.throwIfAborted();
  const up = await updater(stack, options, operation);
  try {
    await up();
  } catch (error) {
    // What an interrupted run had created is in the way now, unknown to the state.
    if (signal.aborted || !watcher.sawPendingOperations()) throw error;
    watcher.forget();
    await compareWithCluster();
    await up();
  }
  if (watcher.sawPendingOperations()) await adoptPendingCreates(stack);
}

async function updater(
  stack: automation.Stack,
  options: automation.UpOptions,
  { job: { policy }, workDir, watcher, tell }: Operation<DeployJob>,
): Promise<() => Promise<unknown>> {
  if (!policy?.inEngine) return () => stack.up(options);
  const withoutAnalyzer = (reason: string) => {
    tell({ type: "no analyzer", reason });
  };
  return analyzedUpdate({ stack, options, pack: policy.pack, workDir, watcher, withoutAnalyzer });
}

async function destroy({ job, workspace, signal, watcher }: Operation<DestroyJob>): Promise<void> {
  const stack = await openStack(job.name, workspace);
  // Before anything is deleted, so that what turns up goes in its order too.
  const refresh = job.careful && (await adoptPendingCreates(stack));
  signal.throwIfAborted();
  // The stack goes in the same run: another one would be one more start of the CLI.
  workspace.serializeArgsForOp = () => Promise.resolve(["--remove"]);
  await stack.destroy({ ...AGENT, refresh, onEvent: watcher.onEvent, signal });
}

async function openWorkspace(job: WorkJob, workDir: string): Promise<automation.LocalWorkspace> {
  return automation.LocalWorkspace.create({
    workDir,
    pulumiCommand: pulumiCli(job.cliVersion),
    ...(job.kind === "deploy" ? { program: inline(programOf(job)) } : {}),
    projectSettings: { name: job.project, runtime: "nodejs", main: workDir },
  });
}

type Programmed = Pick<DeployJob, "spec" | "adopt" | "kubeconfig" | "context" | "timeoutSeconds">;

function programOf({ spec, adopt, kubeconfig, context, timeoutSeconds }: Programmed): () => PreviewOutputs {
  return () => previewProgram({ spec, kubeconfig, context, timeout: `${timeoutSeconds}s`, adopt });
}

/** A program that throws at once is one that failed, like any other. */
function inline(program: () => PreviewOutputs): automation.PulumiFn {
  return () => Promise.resolve().then(program);
}

/** A stack that exists. Every command names its stack, so none needs to be selected first. */
async function openStack(name: string, workspace: automation.LocalWorkspace): Promise<automation.Stack> {
  workspace.selectStack = () => Promise.resolve();
  return withoutQuestions(await automation.Stack.select(name, workspace));
}

async function createStack(name: string, workspace: automation.LocalWorkspace): Promise<automation.Stack> {
  try {
    return withoutQuestions(await automation.Stack.create(name, workspace));
  } catch (error) {
    if (error instanceof automation.StackAlreadyExistsError) return openStack(name, workspace);
    throw error;
  }
}

/** After each operation the Automation API asks for outputs and history: three more processes, for what nobody reads. */
function withoutQuestions(stack: automation.Stack): automation.Stack {
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  return stack;
}
