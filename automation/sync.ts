import pLimit from "p-limit";
import { specHash } from "../components/manifests/preview.ts";
import { carryOut } from "./carry-out.ts";
import { admit } from "./admission.ts";
import type { Config } from "./config.ts";
import type { Judged, Outcome, Plan, PullRequest, Reading } from "./model.ts";
import { observe } from "./observe.ts";
import { plan, unaccounted } from "./plan.ts";
import type { Ports } from "./ports.ts";
import { previewSpec } from "./preview-spec.ts";
import { allOrProblems, wrongSetting } from "./problem.ts";
import type { SyncContext } from "./sync-context.ts";

const READS_AT_ONCE = 4;

export interface SyncResult {
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
}

/** Observes, decides, acts, once. Running it again with nothing changed does nothing. */
export async function sync(context: SyncContext): Promise<SyncResult> {
  const decided = await decide(context);
  return { plan: decided, outcomes: await act(decided, context) };
}

/** Reads open pull requests and previews, and plans. Changes nothing; an answer that fails ends it. */
export async function decide({ config, ports, signal }: Omit<SyncContext, "progress" | "now">): Promise<Plan> {
  const [pullRequests, observed] = await allOrProblems([
    openPullRequests(config, ports, signal),
    observe(ports, signal),
  ]);
  const known = { repository: config.repository, judged: pullRequests.map((one) => judge(one, config)), observed };
  return plan({ ...known, readings: await readEach(unaccounted(known), ports, signal) });
}

/** Carries out a plan's actions, a bounded number at a time. A preview that fails stops no other. */
export async function act(decided: Plan, context: SyncContext): Promise<readonly Outcome[]> {
  const limit = pLimit(context.config.concurrency);
  context.progress.start(decided.actions);
  const outcomes = await Promise.all(decided.actions.map((action) => limit(() => carryOut(action, context))));
  await context.progress.stop();
  return outcomes;
}

export function judge(pullRequest: PullRequest, config: Config): Judged {
  return {
    pullRequest,
    verdict: admit(pullRequest, { label: config.label }),
    specHash: specHash(previewSpec(config, pullRequest)),
  };
}

async function openPullRequests(
  { label }: Config,
  { github }: Ports,
  signal: AbortSignal,
): Promise<readonly PullRequest[]> {
  const pullRequests = await github.openPullRequests(signal);
  const used = pullRequests.some((one) => admit(one, { label }).kind === "admit");
  // A label in use exists. Otherwise it may be a misspelling, and every preview would look unwanted.
  if (used || (await github.hasLabel(label, signal))) return pullRequests;
  throw wrongSetting("label", `the repository has no label "${label}"; create it, or name one that exists`);
}

async function readEach(
  numbers: readonly number[],
  { github }: Ports,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Reading>> {
  const limit = pLimit(READS_AT_ONCE);
  const readings = await Promise.all(numbers.map((number) => limit(() => github.pullRequest(number, signal))));
  return new Map(numbers.map((number, index) => [number, readings[index] ?? unread]));
}

const unread: Reading = { kind: "unreadable", reason: "its pull request was not read" };
