import pLimit from "p-limit";
import { brake } from "./brake.ts";
import { Bulletin } from "./bulletin.ts";
import { carryOut } from "./carry-out.ts";
import { judgeAll } from "./judge.ts";
import {
  sameName,
  type Judged,
  type Observation,
  type Outcome,
  type Plan,
  type PullRequest,
  type Reading,
} from "./model.ts";
import { glance, observe } from "./observe.ts";
import { Patience } from "./patience.ts";
import { plan, unaccounted } from "./plan.ts";
import type { Ports } from "./ports.ts";
import { isWork } from "./progress/progress.ts";
import { allOrProblems, wrongSetting } from "./problem.ts";
import { SpecHashes } from "./spec-hashes.ts";
import type { SyncContext } from "./sync-context.ts";

const READS_AT_ONCE = 4;

/** How long runs may go by what the cluster shows, without a look at the stacks. */
const FULL_LOOK_EVERY_MS = 3_600_000;
const LAST_FULL_LOOK = "sync/last-full-look";
const LOOK_IS_DUE = 0;

export interface DecideOptions {
  /** Look at stacks and all kinds of objects even where the cluster shows nothing to do. */
  readonly full?: boolean;
  /** Destroys that somebody agreed to. */
  readonly confirmedDestroys?: number | undefined;
}

export interface Decided {
  readonly plan: Plan;
  /** Why the brake refused this run's destroys; undefined: it did not. */
  readonly refusal?: string | undefined;
}

export interface Done {
  readonly outcomes: readonly Outcome[];
  /** What else people should know: what the engine cannot do here, what could not be told on pull requests. */
  readonly notes: readonly string[];
}

/** Observes, decides, acts, reports, once. Running it again with nothing changed does nothing. */
export async function sync(context: SyncContext, options: DecideOptions = {}): Promise<Decided & Done> {
  const decided = await decide(context, options);
  return { ...decided, ...(await act(decided.plan, context)) };
}

/** Reads open pull requests and previews, and plans. Changes nothing; an answer that fails ends it. */
export async function decide(context: SyncContext, options: DecideOptions = {}): Promise<Decided> {
  const { config, ports, signal } = context;
  const specHashes = new SpecHashes(config);
  const asked = openPullRequests(context).then((open) => {
    // Of many previews the cluster's answer takes longer than GitHub's, which mostly says that nothing has changed.
    specHashes.prepare(open);
    return open;
  });
  const [pullRequests, seen] = await allOrProblems([asked, glance(ports, signal)]);
  const judged = await judge(pullRequests, seen, context, specHashes);
  const quick = plan({ repository: config.repository, judged, observed: seen, readings: new Map() });
  const isGlanceEnough = options.full !== true && !isLookDue(context) && isPlain(quick);
  if (isGlanceEnough && !quick.actions.some(isWork)) return { plan: quick };
  // A look at the stacks takes as long as a worker takes to start.
  if (options.full !== true) ports.engine.prepare(Math.min(config.concurrency, likelyWork(quick)));
  if (isGlanceEnough && ports.engine.findsStacks) return { plan: quick };
  return decideInFull(pullRequests, judged, seen, context, options);
}

async function decideInFull(
  pullRequests: readonly PullRequest[],
  judgedBefore: readonly Judged[],
  seen: Observation,
  context: SyncContext,
  { confirmedDestroys }: DecideOptions,
): Promise<Decided> {
  const { config, ports, signal } = context;
  const { repository, maxDestroys } = config;
  const observed = await observe(ports, signal);
  const judged = sameNames(seen, observed) ? judgedBefore : await judge(pullRequests, observed, context);
  const known = { repository, judged, observed, formerNames: await formerNames(observed, context) };
  const planned = plan({ ...known, readings: await readEach(unaccounted(known), ports, signal) });
  ports.memory.set(LAST_FULL_LOOK, context.today());
  return brake(planned, { maxDestroys, previews: observed.previews.length, confirmed: confirmedDestroys });
}

/** Carries out a plan's actions, a bounded number at a time. A preview that fails stops no other. */
export async function act(decided: Plan, context: SyncContext): Promise<Done> {
  const { config, progress, ports, signal } = context;
  const limit = pLimit(config.concurrency);
  const bulletin = new Bulletin(context);
  const patience = new Patience({
    ms: config.timeoutSeconds * 1000,
    now: context.now,
    inLine: config.engine === "flux",
  });
  const lastLook = ports.memory.get(LAST_FULL_LOOK);
  const works = decided.actions.some(isWork);
  if (works) {
    // Said before and not after: what is killed, or fails, may leave what only a look at the stacks finds.
    ports.memory.set(LAST_FULL_LOOK, LOOK_IS_DUE);
    await ports.memory.save();
  }
  progress.start(decided.actions);
  bulletin.open(decided.actions);
  const notes: string[] = [];
  const note = (text: string) => void notes.push(text);
  const outcomes = await Promise.all(
    decided.actions.map((action) => limit(() => carryOut(action, context, { bulletin, patience, note }))),
  );
  await progress.stop();
  if (works && outcomes.every(({ error }) => error === undefined)) ports.memory.set(LAST_FULL_LOOK, lastLook);
  return { outcomes, notes: [...notes, ...(await ports.feedback.finish(signal))] };
}

export function judge(
  pullRequests: readonly PullRequest[],
  { previews }: Observation,
  { config, ports, signal, today }: SyncContext,
  specHashes?: SpecHashes,
): Promise<readonly Judged[]> {
  return judgeAll(pullRequests, previews, { config, sources: ports, specHashes, signal, today });
}

async function openPullRequests({ config, ports, signal }: SyncContext): Promise<readonly PullRequest[]> {
  const { label } = config;
  const pullRequests = await ports.github.openPullRequests(signal);
  const used = label === "*" || pullRequests.some(({ labels }) => labels.some((name) => sameName(name, label)));
  // A label in use exists. Otherwise it may be a misspelling, and every preview would look unwanted.
  if (used || (await ports.github.hasLabel(label, signal))) return pullRequests;
  throw wrongSetting("label", `the repository has no label "${label}"; create it, or name one that exists`);
}

/**
 * Nothing to do as far as the cluster and the pull requests show, or work that they show whole: previews of which there is nothing, and
 * whole ones that are to move. What is there in part, what is to go, and what no pull request accounts for is decided with all seen.
 */
function isPlain({ actions, orphans }: Plan): boolean {
  const plain = actions.every(
    ({ kind, preview, refresh, failed, verdict }) =>
      verdict !== undefined &&
      !failed &&
      (kind === "keep" || kind === "hold" || (kind === "create" && !preview) || (kind === "update" && !refresh)),
  );
  return plain && orphans.length === 0;
}

/** How many previews there is probably something to do about: the closed ones have not been read yet. */
function likelyWork({ actions }: Plan): number {
  return actions.filter((action) => isWork(action) || !action.verdict).length;
}

/** A stack without anything in the cluster shows in no other way. Without a memory every look is a full one. */
function isLookDue({ ports, today }: SyncContext): boolean {
  const last = ports.memory.get(LAST_FULL_LOOK);
  return typeof last !== "number" || today() - last > FULL_LOOK_EVERY_MS;
}

function sameNames(a: Observation, b: Observation): boolean {
  const names = ({ previews }: Observation) =>
    previews
      .map(({ name }) => name)
      .sort()
      .join();
  return names(a) === names(b);
}

/** Previews of another repository may be this one's, from before it was renamed: GitHub leads the old name to the new. */
async function formerNames(
  { previews }: Observation,
  { config, ports, signal }: SyncContext,
): Promise<readonly string[]> {
  const others = new Set(
    previews.flatMap(({ repository }) =>
      repository === undefined || sameName(repository, config.repository) ? [] : [repository.toLowerCase()],
    ),
  );
  const asked = [...others].map(async (name) => ((await ports.github.wasCalled(name, signal)) ? [name] : []));
  return (await Promise.all(asked)).flat();
}

export async function readEach(
  numbers: readonly number[],
  { github }: Pick<Ports, "github">,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Reading>> {
  const limit = pLimit(READS_AT_ONCE);
  const readings = await Promise.all(
    numbers.map(async (number): Promise<[number, Reading]> => [
      number,
      await limit(() => github.pullRequest(number, signal)),
    ]),
  );
  return new Map(readings);
}
