/** A pull request as the code host reports it. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly state: "open" | "closed";
  readonly draft: boolean;
  readonly labels: readonly string[];
  readonly url: string;
  /** Repository it is opened against, `owner/name`. */
  readonly repository: string;
  readonly head: {
    readonly sha: string;
    readonly branch: string;
    /** `owner/name` of the repository it comes from; undefined once that was deleted. */
    readonly repository: string | undefined;
    readonly cloneUrl: string;
  };
}

/** What one look at a single pull request gave. Only `found` can justify a destroy, and only when it is closed. */
export type Reading =
  | { readonly kind: "found"; readonly pullRequest: PullRequest }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Whether a pull request gets a preview, with a reason its author understands. */
export interface Verdict {
  readonly kind: "admit" | "wait" | "refuse";
  readonly reason: string;
}

export interface Policy {
  /** Label that asks for a preview. */
  readonly label: string;
}

/** A pull request with its verdict, and for an admitted one what its preview should be. */
export interface Judged {
  readonly pullRequest: PullRequest;
  readonly verdict: Verdict;
  readonly specHash: string;
}

/** A preview as found, from its stack and its objects in the cluster. */
export interface Preview {
  readonly number: number;
  /** `pr-41` */
  readonly name: string;
  readonly stack: boolean;
  readonly namespace: NamespaceState | undefined;
  readonly release: ReleaseState | undefined;
  /** Repository the preview was made for; undefined when neither the cluster nor the stack says. */
  readonly repository: string | undefined;
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

/** Everything that was found: the previews, and stacks of the project whose names are no preview's. */
export interface Observation {
  readonly previews: readonly Preview[];
  readonly unknownStacks: readonly string[];
}

export type ActionKind = "create" | "update" | "keep" | "destroy" | "hold";

/** What is to be done about one pull request or one preview, and why. */
export interface Action {
  readonly kind: ActionKind;
  readonly number: number;
  readonly name: string;
  readonly reason: string;
  /** Pull request the action was decided on; undefined when it could not be read. */
  readonly pullRequest: PullRequest | undefined;
  /** Compare the stack's state with the cluster first: the cluster differs from what the stack last did. */
  readonly refresh: boolean;
  /** True for a hold that hides a failure: the run is not converged. */
  readonly failed: boolean;
}

export interface PlannedPullRequest {
  readonly number: number;
  readonly sha: string;
  readonly verdict: Verdict["kind"];
  readonly reason: string;
  readonly action: ActionKind;
}

/** Something found that no open pull request accounts for. */
export interface Orphan {
  readonly kind: "preview" | "stack" | "namespace" | "release" | "unknown";
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
  readonly remains: readonly string[];
}

/** What came of one action. */
export interface Outcome {
  readonly number: number;
  readonly name: string;
  readonly action: ActionKind;
  readonly ok: boolean;
  readonly reason: string;
  readonly ms: number;
  readonly sha?: string;
  readonly url?: string;
  readonly error?: string;
  readonly receipt?: Receipt;
}
