import pLimit from "p-limit";
import { previewName } from "../components/manifests/preview.ts";
import { admit } from "./admission.ts";
import { appsOf, policyOf, type App } from "./apps.ts";
import { withinCap } from "./cap.ts";
import type { Config } from "./config.ts";
import { FactFinder, type FactSources } from "./facts.ts";
import type { Judged, Preview, PullRequest, Verdict } from "./model.ts";
import { ProblemsError } from "./problem.ts";
import { SpecHashes } from "./spec-hashes.ts";

const JUDGED_AT_ONCE = 8;

export interface JudgeContext {
  readonly config: Config;
  readonly sources: FactSources;
  /** Default: none is known yet. */
  readonly specHashes?: SpecHashes | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly today: () => number;
}

/** Gives every pull request its verdict, one for each app, asking for no more facts than that takes. */
export async function judgeAll(
  pullRequests: readonly PullRequest[],
  previews: readonly Preview[],
  context: JudgeContext,
): Promise<readonly Judged[]> {
  const limit = pLimit(JUDGED_AT_ONCE);
  const found = new Map(previews.map((preview) => [preview.name, preview]));
  const specHashes = context.specHashes ?? new SpecHashes(context.config);
  const known = { ...context, specHashes };
  const judged = await Promise.all(pullRequests.map((one) => limit(() => judgePullRequest(one, found, known))));
  return withinCap(judged.flat(), previews, context.config.admission.maxPreviews);
}

async function judgePullRequest(
  pullRequest: PullRequest,
  found: ReadonlyMap<string, Preview>,
  context: JudgeContext & { readonly specHashes: SpecHashes },
): Promise<readonly Judged[]> {
  const { config, sources, specHashes, signal } = context;
  const finder = new FactFinder(pullRequest, sources, signal);
  const judged: Judged[] = [];
  for (const app of appsOf(config)) {
    const name = previewName({ number: pullRequest.number, app: app.name });
    const verdict = await verdictOn(pullRequest, app, finder, found.get(name), context);
    judged.push({
      pullRequest,
      app: app.name,
      name,
      verdict,
      specHash: specHashes.of(pullRequest, app),
    });
  }
  return judged;
}

async function verdictOn(
  pullRequest: PullRequest,
  app: App,
  finder: FactFinder,
  preview: Preview | undefined,
  { config, signal, today }: JudgeContext,
): Promise<Verdict> {
  const policy = policyOf(config, app);
  const running = preview !== undefined;
  const runningSha = preview?.release?.ready ? preview.release.sha : undefined;
  finder.forgetImage();
  for (;;) {
    const decision = admit(pullRequest, { policy, facts: finder.facts, running, runningSha, now: today() });
    if (decision.kind !== "needs") return decision;
    try {
      await finder.find(decision.fact, policy);
    } catch (error) {
      signal.throwIfAborted();
      return unreadable(decision.fact, error);
    }
  }
}

/** What could not be asked decides nothing: what runs stays as it is. */
function unreadable(fact: string, error: unknown): Verdict {
  const text =
    error instanceof ProblemsError ? error.problems.map((problem) => problem.text).join("; ") : String(error);
  return { kind: "wait", rule: "unreadable", reason: `its ${words[fact] ?? fact} could not be read: ${text}` };
}

const words: Readonly<Record<string, string>> = {
  commands: "comments",
  approvals: "reviews",
  headSince: "last push",
  lastPush: "last push",
  changedFiles: "changed files",
  image: "image",
};
