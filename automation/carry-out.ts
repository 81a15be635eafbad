import { setTimeout as sleep } from "node:timers/promises";
import { previewProblems, type PreviewIdentity } from "../components/manifests/preview.ts";
import { appsOf } from "./apps.ts";
import type { Bulletin } from "./bulletin.ts";
import { PolicyRefusal, PreviewError } from "./engines/engine.ts";
import type { Action, Outcome, Preview, PullRequest, Violation } from "./model.ts";
import type { Patience } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { previewSpec, routeOf } from "./preview-spec.ts";
import { isWork } from "./progress/progress.ts";
import type { SyncContext } from "./sync-context.ts";

const POLL_MS = 1000;

/** The second failure of the same thing is no accident of timing. */
const FAILURES_TO_GIVE_UP = 2;

type Result = Pick<Outcome, "error" | "log" | "receipt" | "answered">;

/** What the actions of one run have in common. */
export interface SharedByActions {
  readonly bulletin: Bulletin;
  readonly patience: Patience;
  /** Told what is no preview's own. */
  readonly note: (text: string) => void;
}

interface Attempt extends SharedByActions {
  /** What the policy pack found. */
  readonly violations: Violation[];
}

/** Does what one action says. Its failure is its outcome, never an exception: other previews go on. */
export async function carryOut(action: Action, context: SyncContext, shared: SharedByActions): Promise<Outcome> {
  const { bulletin } = shared;
  const { number, app, name, kind, reason, pullRequest } = action;
  const started = context.now();
  const works = isWork(action);
  if (works && !context.signal.aborted) bulletin.begin(action);
  const violations: Violation[] = [];
  const result = await attempt(action, context, { ...shared, violations });
  const outcome: Outcome = {
    number,
    ...(app === undefined ? {} : { app }),
    name,
    action: kind,
    ok: result.error === undefined && !action.failed,
    reason,
    ms: Math.round(context.now() - started),
    ...(pullRequest === undefined ? {} : { sha: pullRequest.head.sha }),
    ...(kind === "destroy" || kind === "hold" ? {} : { url: routeOf(action, context.config).url }),
    ...result,
    ...(violations.length === 0 ? {} : { violations }),
  };
  context.progress.finish(outcome);
  if (works && !context.signal.aborted) bulletin.finish(action, outcome, await look(action, context));
  return outcome;
}

/** The preview as the work has left it. */
async function look({ name, preview }: Action, { ports, signal }: SyncContext): Promise<Preview | undefined> {
  try {
    const found = await ports.cluster.preview(name, signal);
    if (!found.namespace && !found.release) return undefined;
    return { ...found, stack: true, rest: [] };
  } catch {
    // Only what people are told depends on it.
    return preview;
  }
}

async function attempt(action: Action, context: SyncContext, shared: Attempt): Promise<Result> {
  const { kind, pullRequest } = action;
  try {
    if (kind === "keep" || kind === "hold") return {};
    if (context.signal.aborted) return { error: "interrupted before it began" };
    if (kind === "destroy") return await destroy(action, context);
    if (pullRequest === undefined) throw new Error(`${action.name}: ${kind} without a pull request`);
    return await deploy(action, pullRequest, context, shared);
  } catch (error) {
    return explain(action, error, context);
  }
}

async function deploy(
  action: Action,
  pullRequest: PullRequest,
  context: SyncContext,
  { patience, violations, note }: Attempt,
): Promise<Result> {
  const { config, ports, progress } = context;
  const app = appsOf(config).find(({ name }) => name === action.app);
  if (!app) throw new Error(`${action.name}: the settings have no app "${String(action.app)}"`);
  const spec = previewSpec(config, pullRequest, app);
  const problems = previewProblems(spec);
  if (problems.length > 0) return { error: `its preview cannot be made: ${problems.join("; ")}` };
  const { name, kind, refresh } = action;
  // Whoever takes over what is there takes over a namespace that only has the name, too, and deletes it in the end.
  if (!action.preview?.namespace && (await ports.cluster.isTaken(name, context.signal)))
    return { error: `the namespace "${name}" is there already and is no preview's; it was left alone` };
  const report = (text: string) => {
    progress.report(name, text);
  };
  // Where the cluster differs from the stack, objects of an interrupted run may be in the way. The preview is ours.
  const { author, title, labels } = pullRequest;
  const about = { author, title, labels };
  const request = { name, spec, exists: kind === "update", refresh, adopt: refresh, about };
  await whileHopeful(name, spec.sha, context, (signal) =>
    ports.engine.deploy(request, {
      signal,
      progress: report,
      violation: (violation) => violations.push(violation),
      note,
    }),
  );
  const isTooLong = patience.begin();
  await untilReady(name, spec.sha, isTooLong, context);
  const result = await untilAnswered(action, spec.sha, isTooLong, context);
  patience.done();
  return result;
}

/**
 * Runs a deploy until it ends, or until its release has failed too often: the engine would wait out its whole time for a
 * chart that cannot become Ready. Flux goes on trying, so what was only late is Ready by the next run.
 */
async function whileHopeful(
  name: string,
  sha: string,
  { ports, signal }: SyncContext,
  deploying: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const hopeless = new AbortController();
  const ended = new AbortController();
  const watching = watchFailures(name, sha, ports, AbortSignal.any([signal, ended.signal])).then((failed) => {
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
async function watchFailures(name: string, sha: string, { cluster }: Ports, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    // Nothing is decided on an answer that did not come.
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
    const release = await cluster.preview(name, signal).then(
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
export async function untilReady(
  name: string,
  sha: string,
  isTooLong: () => boolean,
  context: SyncContext,
): Promise<void> {
  const { config, ports, signal, progress } = context;
  for (;;) {
    const { release } = await ports.cluster.preview(name, signal);
    if (release?.ready && release.sha === sha) return;
    const why = release ? release.message : "its HelmRelease is missing";
    if (isTooLong()) throw new PreviewError(`not Ready within ${config.timeoutSeconds} s: ${why}`);
    progress.report(name, "waiting for Ready");
    await sleep(POLL_MS, undefined, { signal });
  }
}

const ANSWER_POLL_MS = 200;

/** People do not visit a release but a URL: it is Ready when that answers with this commit. */
export async function untilAnswered(
  preview: PreviewIdentity & { readonly name: string },
  sha: string,
  isTooLong: () => boolean,
  { config, ports, signal, progress }: SyncContext,
): Promise<Pick<Outcome, "answered">> {
  const { url: when, path } = config.check;
  if (when === "never") return {};
  const at = routeOf(preview, config);
  const address = config.route.address ?? (await ports.cluster.gatewayAddress(signal));
  const question = {
    address,
    host: at.host,
    path: at.path.replace(/\/$/, "") + (path === "/" ? "" : path) || "/",
    sha,
  };
  for (;;) {
    const answer = await ports.urlCheck.ask(question, signal);
    if (answer.kind === "answered") return { answered: true };
    if (answer.kind === "unknown" && when === "auto") return {};
    if (isTooLong()) {
      throw new PreviewError(
        `it is Ready, but ${at.url} did not answer within ${config.timeoutSeconds} s: ${answer.why}`,
      );
    }
    progress.report(preview.name, `waiting for its URL: ${answer.why}`);
    await sleep(ANSWER_POLL_MS, undefined, { signal });
  }
}

async function destroy(action: Action, context: SyncContext): Promise<Result> {
  const { name, preview } = action;
  const { config, ports, signal, progress } = context;
  const report = (text: string) => {
    progress.report(name, text);
  };
  if (preview?.stack !== false) await destroyStack(action, context, report);
  const { remains } = await ports.cluster.receipt(name, signal);
  // What the stack did not know, or what never had one.
  if (remains.length > 0) {
    await ports.cluster.remove(name, { signal, timeoutSeconds: config.timeoutSeconds, progress: report });
  }
  const receipt = await ports.cluster.receipt(name, signal);
  if (receipt.remains.length === 0) return { receipt };
  return { receipt, error: `there remains ${receipt.remains.join(", ")}; the next run tries again` };
}

/** A stack's objects wait as long as they were told when they were made; this run waits as long as it is told. */
async function destroyStack(
  { name, preview }: Action,
  { config, ports, signal }: SyncContext,
  progress: (text: string) => void,
): Promise<void> {
  const { timeoutSeconds } = config;
  // What came to be Ready was noted whole.
  const careful = !preview?.release?.ready || preview.release.terminating;
  const late = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    await ports.engine.destroy({ name, careful }, { signal: AbortSignal.any([signal, late]), progress });
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    throw new PreviewError(`it is not gone within ${timeoutSeconds} s; the next run tries again`, { cause: error });
  }
}

/** What failed, and what the cluster says about it: the nearer of the two to the cause. */
async function explain(
  { kind, name }: Action,
  error: unknown,
  { ports, config, signal }: SyncContext,
): Promise<Result> {
  if (signal.aborted) return { error: "interrupted; the next run completes it" };
  // The cluster has no part in it.
  if (error instanceof PolicyRefusal) return { error: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const { cluster } = ports;
  if (kind === "destroy") {
    const receipt = await cluster.receipt(name, signal).catch(() => undefined);
    return { error: message, ...(receipt === undefined ? {} : { receipt }) };
  }
  const [reason, log] = await Promise.all([
    cluster.reason(name, signal).catch(() => undefined),
    config.feedback.logs ? cluster.logs(name, signal).catch(() => undefined) : undefined,
  ]);
  const text = reason === undefined || message.includes(reason) ? message : `${reason}\n${message}`;
  return { error: text, ...(log === undefined ? {} : { log }) };
}
