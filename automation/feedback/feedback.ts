import type { Receipt, Verdict } from "../model.ts";

/**
 * Where a preview stands:
 * `refused` and `waiting` follow the verdict and there is no preview; `held` follows the verdict, and the preview that runs
 * stays as it is; `queued` and `deploying` are on the way; `ready` and `failed` are what came of it; `ended` is a preview
 * that was stopped or expired while its pull request is open; `gone` is one whose pull request is closed.
 */
export type Phase = "refused" | "waiting" | "held" | "queued" | "deploying" | "ready" | "failed" | "ended" | "gone";

/** What one preview's people should know. Equal states give equal text: nothing in it moves with the clock. */
export interface PreviewStatus {
  /** `pr-41`, or `pr-41-api` where the repository has several apps. */
  readonly name: string;
  readonly app?: string | undefined;
  readonly phase: Phase;
  /** Head of the pull request. */
  readonly sha: string;
  /** Commit that the running preview shows; undefined: none runs. */
  readonly runningSha?: string | undefined;
  readonly url?: string | undefined;
  readonly verdict?: Verdict | undefined;
  /** What it consists of: `HelmRelease app-preview/pr-41`, `Namespace pr-41` … */
  readonly contains: readonly string[];
  /** ISO time of its creation. */
  readonly since?: string | undefined;
  /** ISO time at which it expires; undefined: never. */
  readonly expiresAt?: string | undefined;
  readonly error?: string | undefined;
  /** Last log lines of what failed. */
  readonly log?: string | undefined;
  /** What its destruction removed and what remains. */
  readonly receipt?: Receipt | undefined;
}

/** All that is told on one pull request. */
export interface PullRequestStatus {
  readonly number: number;
  readonly repository: string;
  readonly title: string;
  readonly author: string;
  readonly branch: string;
  /** Head sha. */
  readonly sha: string;
  readonly fork: boolean;
  readonly open: boolean;
  /** One, or one for each app. */
  readonly previews: readonly PreviewStatus[];
}

/** Tells people on their pull requests. Writes only what differs from what is there; a failure is a note, never an exception. */
export interface Feedback {
  /** Takes the latest state of a pull request; what is not written yet of an earlier one may be left out. */
  tell(status: PullRequestStatus): void;
  /** Waits until all is written and gives what could not be, in words for people. */
  finish(signal: AbortSignal): Promise<readonly string[]>;
}
