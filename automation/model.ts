/** A pull request as the code host reports it. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  /** What the author is to the repository, in GitHub's words: `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `NONE` … */
  readonly authorAssociation: string;
  readonly state: "open" | "closed";
  readonly draft: boolean;
  readonly labels: readonly string[];
  readonly url: string;
  /** Repository it is opened against, `owner/name`. */
  readonly repository: string;
  readonly createdAt: string;
  /** Moves with every push, comment, review and label. */
  readonly updatedAt: string;
  readonly base: { readonly branch: string };
  readonly head: {
    readonly sha: string;
    readonly branch: string;
    /** `owner/name` of the repository it comes from; undefined once that was deleted. */
    readonly repository: string | undefined;
    readonly cloneUrl: string;
  };
}

/**
 * What one look at a single pull request gave. Only `found` and closed, or `gone`, can justify a destroy: `gone` is a 404
 * confirmed by another one while the repository itself answers.
 */
export type Reading =
  | { readonly kind: "found"; readonly pullRequest: PullRequest }
  | { readonly kind: "gone"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/** What a user may do in the repository, in order of power. */
export const permissions = ["none", "read", "triage", "write", "maintain", "admin"] as const;
export type Permission = (typeof permissions)[number];

export type CommandKind = "start" | "stop" | "approve" | "keep";

/** A `/preview …` comment, or a review that approves. */
export interface Command {
  readonly kind: CommandKind;
  /** Commit it names, in full or in part; a review names the one it was given for, in full. */
  readonly sha?: string;
  readonly author: string;
  readonly permission: Permission;
  /** When GitHub took it, to the second. */
  readonly at: string;
}

/** Whether an image is in its registry. `unreadable` says nothing about the image: neither there nor missing. */
export type ImageState =
  { readonly kind: "present" } | { readonly kind: "absent" } | { readonly kind: "unreadable"; readonly reason: string };

/**
 * What must be asked for beyond the pull request itself. A fact that is undefined was not asked for yet; admission says
 * which one it needs.
 */
export interface Facts {
  /** Commands in its comments, oldest first. */
  readonly commands?: readonly Command[];
  /** Reviews that approve, oldest first. */
  readonly approvals?: readonly Command[];
  /** Since when the head branch is at the head sha; null: it cannot be told. */
  readonly headSince?: string | null;
  /** Time of the last push, from the best source there is. */
  readonly lastPush?: string;
  /** Paths it changes; null: more than GitHub lists. */
  readonly changedFiles?: readonly string[] | null;
  readonly image?: ImageState;
}

export type FactName = keyof Facts;

/** The rule that decided a verdict. */
export type Rule =
  | "admitted"
  | "closed"
  | "stopped"
  | "expired"
  | "label"
  | "labels"
  | "author"
  | "base branch"
  | "head branch"
  | "title"
  | "draft"
  | "fork"
  | "paused"
  | "files"
  | "image"
  | "cap"
  | "unreadable";

/** Whether a pull request gets a preview, with a reason its author understands. */
export interface Verdict {
  readonly kind: "admit" | "wait" | "refuse";
  readonly rule: Rule;
  readonly reason: string;
  /** A running preview is to go, though the pull request is open: it was stopped, or it expired. */
  readonly ends?: true;
  /** When a running preview expires; absent: never, or not as things stand. */
  readonly expiresAt?: string;
}

/** Include and exclude patterns. Nothing included means everything. */
export interface Patterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What decides about previews. The words are those of previews.yaml. */
export interface Policy {
  /** Label that asks for a preview; `*`: every pull request asks. */
  readonly label: string;
  readonly labels: {
    readonly all: readonly string[];
    readonly any: readonly string[];
    readonly none: readonly string[];
    /** While it is there, a preview is neither made nor changed nor ended. */
    readonly pause: string;
    /** While it is there, a preview does not expire. */
    readonly keep: string;
  };
  readonly branches: { readonly head: Patterns; readonly base: Patterns };
  /** RE2 expression that the title must match. */
  readonly title?: string | undefined;
  readonly drafts: boolean;
  readonly authors: Patterns;
  /** Associations that may have previews; none named: all. */
  readonly associations: readonly string[];
  readonly forks: "refuse" | "approve" | "allow";
  /** Least permission that approves a fork's commit. */
  readonly approvers: Permission;
  /** Comments are read for commands. */
  readonly commands: boolean;
  /** Least permission that starts, stops and keeps other people's previews. */
  readonly commanders: Permission;
  /** Age at which a preview expires, counted from the last push. */
  readonly ttlSeconds?: number | undefined;
  /** Changed paths that ask for this app's preview. */
  readonly files: Patterns;
  /** Image that must exist, with its tag; undefined: it is not looked for. */
  readonly image?: string | undefined;
}

/** A pull request with its verdict, and what its preview should be. One for each app. */
export interface Judged {
  readonly pullRequest: PullRequest;
  /** Name of the app, where the repository has several. */
  readonly app: string | undefined;
  /** Name of its preview, such as `pr-41`. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly specHash: string;
}

/** A preview as found, from its stack and its objects in the cluster. */
export interface Preview {
  readonly number: number;
  /** Name of the app, where the repository has several. */
  readonly app: string | undefined;
  /** `pr-41`, or `pr-41-api` */
  readonly name: string;
  /** Undefined: stacks were not looked at. */
  readonly stack: boolean | undefined;
  readonly namespace: NamespaceState | undefined;
  readonly release: ReleaseState | undefined;
  /** Other objects of it in the control namespace, `ServiceAccount app-preview/pr-41`; found in a full look only. */
  readonly rest: readonly string[];
  /** Repository the preview was made for; undefined when neither the cluster nor the stack says. */
  readonly repository: string | undefined;
  /** Another engine that holds its objects; absent: none does. */
  readonly otherEngine?: string;
}

export interface NamespaceState {
  readonly terminating: boolean;
  readonly createdAt: string;
}

export interface ReleaseState {
  readonly sha: string;
  readonly specHash: string;
  readonly branch: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Why it is not Ready, in the controller's words; empty when it is. */
  readonly message: string;
  /** Helm actions that failed since its latest change. */
  readonly failures: number;
  readonly createdAt: string;
}

/** An object of a preview in the control namespace besides its release. */
export interface ControlObject {
  /** Name of the preview. */
  readonly preview: string;
  /** `ServiceAccount app-preview/pr-41` */
  readonly object: string;
  readonly repository: string | undefined;
}

/** What realises previews: a Pulumi stack each, or Flux Operator in the cluster. */
export const engineNames = ["automation", "flux"] as const;
export type EngineName = (typeof engineNames)[number];

/** Everything that was found: the previews, and stacks of the project whose names are no preview's. */
export interface Observation {
  readonly previews: readonly Preview[];
  readonly unknownStacks: readonly string[];
}

export type ActionKind = "create" | "update" | "keep" | "destroy" | "hold";

/** What is to be done about one preview, and why. */
export interface Action {
  readonly kind: ActionKind;
  readonly number: number;
  readonly app: string | undefined;
  readonly name: string;
  readonly reason: string;
  /** Pull request the action was decided on; undefined when it could not be read. */
  readonly pullRequest: PullRequest | undefined;
  /** What was decided about it; undefined for a preview that no open pull request accounts for. */
  readonly verdict: Verdict | undefined;
  /** The preview that was found; undefined: there is none. */
  readonly preview: Preview | undefined;
  /** Compare the stack's state with the cluster first: the cluster differs from what the stack last did. */
  readonly refresh: boolean;
  /** True for a hold that hides a failure: the run is not converged. */
  readonly failed: boolean;
  /** The preview that was found is another repository's. */
  readonly foreign?: true;
}

export interface PlannedPullRequest {
  readonly number: number;
  /** Present where the repository has several apps. */
  readonly app?: string;
  readonly sha: string;
  readonly verdict: Verdict["kind"];
  readonly reason: string;
  readonly action: ActionKind;
}

/** Something found that no open pull request accounts for. */
export interface Orphan {
  readonly kind: "preview" | "stack" | "namespace" | "release" | "objects" | "unknown";
  readonly name: string;
  readonly reason: string;
  readonly action: ActionKind;
}

export interface Plan {
  readonly actions: readonly Action[];
  readonly pullRequests: readonly PlannedPullRequest[];
  readonly orphans: readonly Orphan[];
}

/** What a destroy leaves behind, by name. */
export interface Receipt {
  readonly removed: readonly string[];
  /** Each with what keeps it. */
  readonly remains: readonly string[];
}

/** What a rule of the policy pack found. */
export interface Violation {
  readonly rule: string;
  /** `mandatory` stops the preview, `advisory` is told. */
  readonly enforcementLevel: "advisory" | "mandatory";
  readonly severity?: string | undefined;
  /** What it is about, as people know it: `Deployment "pr-41/app"`. */
  readonly resource: string;
  readonly problem: string;
  /** How to mend it. */
  readonly remediation?: string | undefined;
  /** Where the rule is explained. */
  readonly page?: string | undefined;
}

/** What came of one action. */
export interface Outcome {
  readonly number: number;
  readonly app?: string;
  readonly name: string;
  readonly action: ActionKind;
  readonly ok: boolean;
  readonly reason: string;
  readonly ms: number;
  readonly sha?: string;
  readonly url?: string;
  /** Whether the URL answered with this commit; absent: it was not asked. */
  readonly answered?: boolean;
  readonly error?: string;
  /** Last lines of the containers that failed. */
  readonly log?: string;
  readonly receipt?: Receipt;
  /** What the policy pack found, whether it stopped the preview or not. */
  readonly violations?: readonly Violation[];
}

/** The same pull request comes from another repository, or from one that is gone. */
export function isFork({ head, repository }: Pick<PullRequest, "head" | "repository">): boolean {
  return head.repository?.toLowerCase() !== repository.toLowerCase();
}

/** Names of repositories, labels and users compare as GitHub compares them: without regard to case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
