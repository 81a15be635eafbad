import { setTimeout as sleep } from "node:timers/promises";
import { previewProblems, previewRoute } from "../components/manifests/preview.ts";
import { PreviewError } from "./engines/engine.ts";
import type { Action, Outcome, PullRequest } from "./model.ts";
import type { Ports } from "./ports.ts";
import { previewRouteSettings, previewSpec } from "./preview-spec.ts";
import type { SyncContext } from "./sync-context.ts";

const POLL_MS = 1000;

/** The second failure of the same thing is no accident of timing. */
const FAILURES_TO_GIVE_UP = 2;

type Result = Pick<Outcome, "error" | "receipt">;

/** Does what one action says. Its failure is its outcome, never an exception: other previews go on. */
export async function carryOut(action: Action, context: SyncContext): Promise<Outcome> {
  const { number, name, kind, reason, pullRequest } = action;
  const started = context.now();
  const result = await attempt(action, context);
  const outcome: Outcome = {
    number,
    name,
    action: kind,
    ok: result.error === undefined && !action.failed,
    reason,
    ms: Math.round(context.now() - started),
    ...(pullRequest === undefined ? {} : { sha: pullRequest.head.sha }),
    ...(kind === "destroy" || kind === "hold"
      ? {}
      : { url: previewRoute({ number, route: previewRouteSettings(context.config) }).url }),
    ...result,
  };
  context.progress.finish(outcome);
  return outcome;
}

async function attempt(action: Action, context: SyncContext): Promise<Result> {
  const { kind, pullRequest } = action;
  try {
    if (kind === "keep" || kind === "hold") return {};
    if (context.signal.aborted) return { error: "interrupted before it began" };
    if (kind === "destroy") return await destroy(action, context);
    if (pullRequest === undefined) throw new Error(`${action.name}: ${kind} without a pull request`);
    return await deploy(action, pullRequest, context);
  } catch (error) {
    return { error: await explain(action, error, context) };
  }
}

async function deploy(action: Action, pullRequest: PullRequest, context: SyncContext): Promise<Result> {
  const { config, progress } = context;
  const spec = previewSpec(config, pullRequest);
  const problems = previewProblems(spec);
  if (problems.length > 0) return { error: `its preview cannot be made: ${problems.join("; ")}` };
  const { name, number, kind, refresh } = action;
  const report = (text: string) => {
    progress.report(number, text);
  };
  await whileHopeful(number, spec.sha, context, (signal) =>
    context.ports.engine.deploy({ name, spec, exists: kind === "update", refresh }, { signal, progress: report }),
  );
  await untilReady(number, spec.sha, context);
  return {};
}

/**
 * Runs a deploy until it ends, or until its release has failed too often: the engine would wait out its whole time for a
 * chart that cannot become Ready. Flux goes on trying, so what was only late is Ready by the next run.
 */
async function whileHopeful(
  number: number,
  sha: string,
  { ports, signal }: SyncContext,
  deploying: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const hopeless = new AbortController();
  const ended = new AbortController();
  const watching = watchFailures(number, sha, ports, AbortSignal.any([signal, ended.signal])).then((failed) => {
    if (failed) hopeless.abort();
  });
  try {
    await deploying(AbortSignal.any([signal, hopeless.signal]));
  } catch (error) {
    if (signal.aborted || !hopeless.signal.aborted) throw error;
    throw new PreviewError("its release failed more than once; Flux tries it again", { cause: error });
  } finally {
    ended.abort();
    await watching;
  }
}

/** Answers true once the release of this commit has failed too often, and false when there is nothing to watch any more. */
async function watchFailures(number: number, sha: string, { cluster }: Ports, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    // Nothing is decided on an answer that did not come.
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
    const release = await cluster.preview(number, signal).then(
      (preview) => preview.release,
      () => undefined,
    );
    if (release?.sha === sha && !release.ready && release.failures >= FAILURES_TO_GIVE_UP) return true;
  }
}

/**
 * The engine is content when nothing is left to change. A preview is done when the cluster says that it shows the
 * commit: a run that changed nothing waited for nothing.
 */
async function untilReady(
  number: number,
  sha: string,
  { config, ports, signal, now, progress }: SyncContext,
): Promise<void> {
  const deadline = now() + config.timeoutSeconds * 1000;
  for (;;) {
    const { release } = await ports.cluster.preview(number, signal);
    if (release?.ready && release.sha === sha) return;
    const why = release ? release.message : "its HelmRelease is missing";
    if (now() > deadline) throw new PreviewError(`not Ready within ${config.timeoutSeconds} s: ${why}`);
    progress.report(number, "waiting for Ready");
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function destroy({ name, number }: Action, { ports, signal, progress }: SyncContext): Promise<Result> {
  const report = (text: string) => {
    progress.report(number, text);
  };
  await ports.engine.destroy(name, { signal, progress: report });
  const receipt = await ports.cluster.receipt(number, signal);
  if (receipt.remains.length === 0) return { receipt };
  return { receipt, error: `its stack is gone, but there remains: ${receipt.remains.join(", ")}` };
}

/** What failed, and what the cluster says about it: the nearer of the two to the cause. */
async function explain({ kind, number }: Action, error: unknown, { ports, signal }: SyncContext): Promise<string> {
  if (signal.aborted) return "interrupted; the next run completes it";
  const message = error instanceof Error ? error.message : String(error);
  if (kind === "destroy") return message;
  const reason = await ports.cluster.reason(number, signal).catch(() => undefined);
  return reason === undefined || message.includes(reason) ? message : `${reason}\n${message}`;
}
