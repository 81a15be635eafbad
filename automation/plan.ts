import { sameName, type Action, type Judged, type Observation, type Orphan, type Plan } from "./model.ts";
import type { PlannedPullRequest, Preview, Reading, Verdict } from "./model.ts";

export interface PlanInput {
  readonly repository: string;
  /** What the repository was called before, as far as previews were found under such a name. */
  readonly formerNames?: readonly string[];
  /** Every open pull request, for each app. */
  readonly judged: readonly Judged[];
  readonly observed: Observation;
  /** The pull requests of {@link unaccounted} previews, each read by itself. */
  readonly readings: ReadonlyMap<number, Reading>;
}

type Known = Omit<PlanInput, "readings">;

/** Numbers of the pull requests whose previews no open one accounts for. Only a reading of each may decide about it. */
export function unaccounted(known: Known): number[] {
  const numbers = unaccountedPreviews(known).map(({ number }) => number);
  return [...new Set(numbers)];
}

function unaccountedPreviews(known: Known): readonly Preview[] {
  const wanted = new Set(known.judged.map(({ name }) => name));
  // Another repository's are its own business, unless they have a stack in our project.
  return known.observed.previews.filter(
    (preview) => !wanted.has(preview.name) && (preview.stack === true || !isForeign(preview, known)),
  );
}

/** Compares what should be with what is. One action for every open pull request and for every preview, with its reason. */
export function plan(input: PlanInput): Plan {
  const previews = new Map(input.observed.previews.map((preview) => [preview.name, preview]));
  const open = input.judged.map((judged) => planOpen(judged, previews.get(judged.name), input)).sort(inOrder);
  const gone = unaccountedPreviews(input)
    .map((preview) => planUnaccounted(preview, input))
    .sort(inOrder);
  return {
    actions: [...open, ...gone].map(({ action }) => action),
    pullRequests: [...open, ...gone].sort(inOrder).flatMap(({ row }) => (row ? [row] : [])),
    orphans: [...gone.flatMap(({ orphan }) => (orphan ? [orphan] : [])), ...input.observed.unknownStacks.map(unknown)],
  };
}

interface Planned {
  readonly action: Action;
  readonly row?: PlannedPullRequest;
  readonly orphan?: Orphan;
}

function planOpen(judged: Judged, preview: Preview | undefined, known: Known): Planned {
  const { pullRequest, verdict, name, app } = judged;
  const { kind, reason, refresh = false, failed = false } = decideOpen(judged, preview, known);
  const { number, head } = pullRequest;
  const action = {
    ...{ kind, number, app, name, reason, pullRequest, verdict, preview, refresh, failed },
    ...(preview && isForeign(preview, known) ? { foreign: true as const } : {}),
  };
  return { action, row: row(number, app, head.sha, verdict.kind, reason, kind) };
}

type Decision = Pick<Action, "kind" | "reason"> & Partial<Pick<Action, "refresh" | "failed">>;

function decideOpen(judged: Judged, preview: Preview | undefined, known: Known): Decision {
  const { pullRequest, verdict } = judged;
  if (preview && isForeign(preview, known)) {
    // Whatever was decided, somebody else's preview has the name.
    return { kind: "hold", reason: foreign(preview), failed: verdict.kind === "admit" };
  }
  if (preview?.otherEngine !== undefined) return { kind: "hold", reason: heldByOther(preview), failed: true };
  if (verdict.kind !== "admit") return decideNotAdmitted(verdict, preview);
  if (!preview) return { kind: "create", reason: verdict.reason };
  if (preview.stack === false)
    return { kind: "create", reason: `${named(preview)} exists without a stack`, refresh: true };
  if (preview.repository !== undefined && !sameName(preview.repository, known.repository)) {
    return { kind: "update", reason: `the repository was called ${preview.repository}` };
  }
  return compare(pullRequest.head.sha, judged.specHash, preview);
}

/** Without being told to, only a close ends a preview: what runs stays as it is. */
function decideNotAdmitted({ reason, ends, rule }: Verdict, preview: Preview | undefined): Decision {
  const failed = rule === "unreadable";
  if (!preview) return { kind: "hold", reason, failed };
  if (ends) return { kind: "destroy", reason };
  return { kind: "hold", reason: `${reason}; its preview stays as it is until the pull request closes`, failed };
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
  const { number, app, name } = preview;
  const reading = input.readings.get(number);
  const pullRequest = reading?.kind === "found" ? reading.pullRequest : undefined;
  const { kind, reason, failed = false } = decideUnaccounted(preview, reading, input);
  const action = {
    ...{ kind, number, app, name, reason, pullRequest, verdict: undefined, preview, refresh: false, failed },
    ...(isForeign(preview, input) ? { foreign: true as const } : {}),
  };
  if (pullRequest && !isForeign(preview, input) && isWhole(preview)) {
    return { action, row: row(number, app, pullRequest.head.sha, "refuse", reason, kind) };
  }
  return { action, orphan: { kind: orphanKind(preview), name, reason, action: kind } };
}

function decideUnaccounted(preview: Preview, reading: Reading | undefined, known: Known): Decision {
  const hold = (reason: string, failed = false): Decision => ({ kind: "hold", reason, failed });
  if (isForeign(preview, known)) return hold(foreign(preview));
  if (preview.otherEngine !== undefined) return hold(heldByOther(preview), true);
  if (preview.repository === undefined && preview.stack !== true) return hold("it does not say whose it is");
  if (!reading) return hold("its pull request was not read");
  if (reading.kind === "unreadable") return hold(reading.reason, true);
  if (reading.kind === "gone") return { kind: "destroy", reason: reading.reason };
  const { pullRequest } = reading;
  if (pullRequest.number !== preview.number || !sameName(pullRequest.repository, known.repository)) {
    return hold(`the answer was about ${pullRequest.repository}#${pullRequest.number}`);
  }
  const apps = known.judged.filter((one) => one.pullRequest.number === preview.number);
  if (pullRequest.state === "open" && apps.length > 0) {
    return hold(`the settings have no app "${preview.app ?? ""}" any more; previews destroy ${preview.number} ends it`);
  }
  if (pullRequest.state === "open") return hold("the pull request is open, though the list of open ones lacks it");
  return { kind: "destroy", reason: "the pull request is closed" };
}

function row(
  number: number,
  app: string | undefined,
  sha: string,
  verdict: Verdict["kind"],
  reason: string,
  action: Action["kind"],
): PlannedPullRequest {
  return { number, ...(app === undefined ? {} : { app }), sha, verdict, reason, action };
}

function unknown(name: string): Orphan {
  return { kind: "unknown", name, reason: 'its name is no preview\'s ("pr-<number>"); left alone', action: "hold" };
}

function isWhole({ stack, namespace, release }: Preview): boolean {
  return stack !== false && (namespace !== undefined || release !== undefined);
}

function orphanKind(preview: Preview): Orphan["kind"] {
  if (isWhole(preview)) return "preview";
  if (preview.stack) return "stack";
  if (preview.namespace) return "namespace";
  return preview.release ? "release" : "objects";
}

function isForeign({ repository }: Preview, { repository: own, formerNames = [] }: Known): boolean {
  return repository !== undefined && ![own, ...formerNames].some((name) => sameName(name, repository));
}

function foreign(preview: Preview): string {
  return `"${preview.name}" belongs to the repository ${String(preview.repository)}`;
}

function heldByOther({ name, otherEngine }: Preview): string {
  return `the ${String(otherEngine)} engine holds "${name}"; previews migrate hands it over`;
}

function named({ name, namespace, release, rest }: Preview): string {
  if (namespace) return `namespace "${name}"`;
  return release ? `HelmRelease "${name}"` : rest.join(", ");
}

function short(sha: string): string {
  return sha.slice(0, 7) || "(unknown)";
}

function inOrder({ action: a }: Planned, { action: b }: Planned): number {
  return a.number - b.number || a.name.localeCompare(b.name, "en");
}
