import { parsePreviewName } from "../components/manifests/preview.ts";
import type { ClusterPreview } from "./cluster/cluster.ts";
import { sameName, type EngineName, type PullRequest, type Reading } from "./model.ts";

export interface MigrationInput {
  readonly repository: string;
  readonly from: EngineName;
  readonly to: EngineName;
  /** Names of the previews that each engine has a stack of, or what it has in its place. */
  readonly stacks: Readonly<Record<EngineName, ReadonlySet<string>>>;
  /** Everything in the cluster, told apart from the point of view of the engine that is moved to. */
  readonly previews: readonly ClusterPreview[];
  /** Whose the previews are that have nothing in the cluster. */
  readonly owners: ReadonlyMap<string, string | undefined>;
  readonly readings: ReadonlyMap<number, Reading>;
  /** Names of the apps of the settings; undefined stands for the only one. */
  readonly apps: readonly (string | undefined)[];
}

/** What is to be done about one preview. */
export type Move = Moved | Stays;

interface Common {
  readonly number: number;
  readonly app: string | undefined;
  readonly name: string;
  readonly reason: string;
}

export interface Moved extends Common {
  readonly kind: "move";
  readonly pullRequest: PullRequest;
  /** What it shows now, and goes on to show. */
  readonly sha: string;
  readonly branch: string;
  /** The engine that it is moved to has a stack of it already. */
  readonly exists: boolean;
  /** It is Ready now: so it is to be Ready afterwards. */
  readonly ready: boolean;
}

export interface Stays extends Common {
  readonly kind: "keep" | "hold";
  /** True for a hold that leaves something on the engine that is moved from. */
  readonly failed: boolean;
}

/** Names of all previews that a migration finds, in order. */
export function migrated({ stacks, previews }: Pick<MigrationInput, "stacks" | "previews">): readonly string[] {
  const names = new Set([...stacks.automation, ...stacks.flux, ...previews.map(({ name }) => name)]);
  const number = (name: string) => parsePreviewName(name)?.number ?? 0;
  return [...names]
    .filter((name) => parsePreviewName(name) !== undefined)
    .sort((a, b) => number(a) - number(b) || a.localeCompare(b, "en"));
}

/** Decides for each preview whether it is to be handed over. PURE. */
export function planMigration(input: MigrationInput): readonly Move[] {
  const found = new Map(input.previews.map((preview) => [preview.name, preview]));
  return migrated(input).map((name) => planOne(name, found.get(name), input));
}

function planOne(name: string, preview: ClusterPreview | undefined, input: MigrationInput): Move {
  const { repository, from, to, stacks, owners, readings, apps } = input;
  const { number = 0, app } = parsePreviewName(name) ?? {};
  const stays = (kind: Stays["kind"], reason: string, failed = false): Stays => ({
    kind,
    number,
    app,
    name,
    reason,
    failed,
  });
  const owner = preview?.repository ?? owners.get(name);
  if (owner !== undefined && !sameName(owner, repository))
    return stays("hold", `it belongs to the repository ${owner}`);
  if (preview?.otherEngine === undefined && !stacks[from].has(name)) return stays("keep", `the ${to} engine has it`);
  const reading = readings.get(number);
  if (reading?.kind !== "found") return stays("hold", reading?.reason ?? "its pull request was not read", true);
  const { pullRequest } = reading;
  if (pullRequest.state === "closed") {
    return stays("hold", `the pull request is closed; previews sync --engine ${from} ends its preview`, true);
  }
  if (!apps.includes(app)) return stays("hold", `the settings have no app "${app ?? ""}"`, true);
  const { release } = preview ?? {};
  return {
    kind: "move",
    number,
    app,
    name,
    reason: `the ${from} engine has it`,
    pullRequest,
    sha: release?.sha || pullRequest.head.sha,
    branch: release?.branch || pullRequest.head.branch,
    exists: stacks[to].has(name),
    ready: release?.ready === true,
  };
}
