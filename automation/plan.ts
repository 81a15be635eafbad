import { previewName } from "../components/manifests/preview.ts";
import type { Action, Judged, Observation, Orphan, Plan, PlannedPullRequest, Preview, Reading } from "./model.ts";

export interface PlanInput {
  readonly repository: string;
  /** Every open pull request. */
  readonly judged: readonly Judged[];
  readonly observed: Observation;
  /** The pull requests of {@link unaccounted} previews, each read by itself. */
  readonly readings: ReadonlyMap<number, Reading>;
}

/** Numbers of the previews that no open pull request accounts for. Only a reading of each may decide about it. */
export function unaccounted({ repository, judged, observed }: Omit<PlanInput, "readings">): number[] {
  const open = new Set(judged.map(({ pullRequest }) => pullRequest.number));
  return observed.previews
    .filter((preview) => !open.has(preview.number) && (preview.stack || !isForeign(preview, repository)))
    .map(({ number }) => number);
}

/** Compares what should be with what is. One action for every open pull request and for every preview, with its reason. */
export function plan(input: PlanInput): Plan {
  const previews = new Map(input.observed.previews.map((preview) => [preview.number, preview]));
  const open = byNumber(input.judged.map((judged) => planOpen(judged, previews.get(judged.pullRequest.number), input)));
  const gone = byNumber(
    unaccounted(input).flatMap((number) => {
      const preview = previews.get(number);
      return preview ? [planUnaccounted(preview, input)] : [];
    }),
  );
  return {
    actions: [...open, ...gone].map(({ action }) => action),
    pullRequests: byNumber([...open, ...gone].flatMap(({ row }) => (row ? [row] : []))),
    orphans: [...gone.flatMap(({ orphan }) => (orphan ? [orphan] : [])), ...input.observed.unknownStacks.map(unknown)],
  };
}

interface Planned {
  readonly number: number;
  readonly action: Action;
  readonly row?: PlannedPullRequest;
  readonly orphan?: Orphan;
}

function planOpen(judged: Judged, preview: Preview | undefined, input: PlanInput): Planned {
  const { pullRequest, verdict } = judged;
  const { kind, reason, refresh = false, failed = false } = decideOpen(judged, preview, input);
  const { number } = pullRequest;
  const action = { kind, number, name: previewName(number), reason, pullRequest, refresh, failed };
  return { number, action, row: { number, sha: pullRequest.head.sha, verdict: verdict.kind, reason, action: kind } };
}

type Decision = Pick<Action, "kind" | "reason"> & Partial<Pick<Action, "refresh" | "failed">>;

function decideOpen(judged: Judged, preview: Preview | undefined, input: PlanInput): Decision {
  const { pullRequest, verdict } = judged;
  if (verdict.kind !== "admit") return { kind: "hold", reason: held(verdict.reason, preview) };
  if (!preview) return { kind: "create", reason: verdict.reason };
  if (isForeign(preview, input.repository)) return { kind: "hold", reason: foreign(preview), failed: true };
  if (!preview.stack) return { kind: "create", reason: `${named(preview)} exists without a stack`, refresh: true };
  return compare(pullRequest.head.sha, judged.specHash, preview);
}

// An open pull request that is not admitted keeps the preview it has: only its close ends a preview.
function held(reason: string, preview: Preview | undefined): string {
  return preview ? `${reason}; its preview stays as it is until the pull request closes` : reason;
}

function compare(sha: string, specHash: string, preview: Preview): Decision {
  const { namespace, release } = preview;
  const drift = (reason: string): Decision => ({ kind: "update", reason, refresh: true });
  if (!namespace && !release) return drift("nothing of it is in the cluster");
  if (!namespace) return drift("its namespace is missing");
  if (!release) return drift("its HelmRelease is missing");
  if (namespace.terminating) return drift("its namespace is being deleted");
  if (release.terminating) return drift("its HelmRelease is being deleted");
  if (release.sha !== sha) return { kind: "update", reason: `new commit ${short(release.sha)} -> ${short(sha)}` };
  if (release.specHash !== specHash) return { kind: "update", reason: "its settings changed" };
  if (!release.ready) return drift(`it is not Ready: ${release.message}`);
  return { kind: "keep", reason: `up to date at ${short(sha)}` };
}

function planUnaccounted(preview: Preview, input: PlanInput): Planned {
  const { number, name } = preview;
  const reading = input.readings.get(number);
  const pullRequest = reading?.kind === "found" ? reading.pullRequest : undefined;
  const { kind, reason, failed = false } = decideUnaccounted(preview, reading, input);
  const action = { kind, number, name, reason, pullRequest, refresh: false, failed };
  if (pullRequest && !isForeign(preview, input.repository) && isWhole(preview)) {
    return { number, action, row: { number, sha: pullRequest.head.sha, verdict: "refuse", reason, action: kind } };
  }
  return { number, action, orphan: { kind: orphanKind(preview), name, reason, action: kind } };
}

function decideUnaccounted(preview: Preview, reading: Reading | undefined, input: PlanInput): Decision {
  if (isForeign(preview, input.repository)) return { kind: "hold", reason: foreign(preview) };
  if (!reading) return { kind: "hold", reason: "its pull request was not read" };
  if (reading.kind !== "found") return { kind: "hold", reason: reading.reason, failed: reading.kind === "unreadable" };
  const { pullRequest } = reading;
  if (pullRequest.number !== preview.number || !sameRepository(pullRequest.repository, input.repository)) {
    return { kind: "hold", reason: `the answer was about ${pullRequest.repository}#${pullRequest.number}` };
  }
  if (pullRequest.state === "open") {
    return { kind: "hold", reason: "the pull request is open, though the list of open ones lacks it" };
  }
  if (!preview.stack) {
    return { kind: "hold", reason: `the pull request is closed, but ${named(preview)} has no stack to destroy` };
  }
  return { kind: "destroy", reason: "the pull request is closed" };
}

function unknown(name: string): Orphan {
  return { kind: "unknown", name, reason: 'its name is no preview\'s ("pr-<number>"); left alone', action: "hold" };
}

function isWhole(preview: Preview): boolean {
  return preview.stack && (preview.namespace !== undefined || preview.release !== undefined);
}

function orphanKind(preview: Preview): Orphan["kind"] {
  if (isWhole(preview)) return "preview";
  if (preview.stack) return "stack";
  return preview.namespace ? "namespace" : "release";
}

function isForeign(preview: Preview, repository: string): boolean {
  return preview.repository !== undefined && !sameRepository(preview.repository, repository);
}

function foreign(preview: Preview): string {
  return `"${preview.name}" belongs to the repository ${String(preview.repository)}`;
}

function sameRepository(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function named(preview: Preview): string {
  return preview.namespace ? `namespace "${preview.name}"` : `HelmRelease "${preview.name}"`;
}

function short(sha: string): string {
  return sha.slice(0, 7) || "(unknown)";
}

function byNumber<T extends { readonly number: number }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => a.number - b.number);
}
