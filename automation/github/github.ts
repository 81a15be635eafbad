import type { Command, PullRequest, Reading } from "../model.ts";

/** What the driver asks of the code host. Plain values: no client's types leak. */
export interface GitHub {
  /** Every open pull request, or an error: never a part of them. */
  openPullRequests(signal: AbortSignal): Promise<readonly PullRequest[]>;
  /** One pull request, read by itself. A 404 is believed only when asked again, and while the repository answers. */
  pullRequest(number: number, signal: AbortSignal): Promise<Reading>;
  hasLabel(name: string, signal: AbortSignal): Promise<boolean>;
  /** The commands in its comments, oldest first. Comments that were edited hold none. */
  commands(pullRequest: PullRequest, signal: AbortSignal): Promise<readonly Command[]>;
  /** The reviews that approve, oldest first, each with the commit it was given for. */
  approvals(pullRequest: PullRequest, signal: AbortSignal): Promise<readonly Command[]>;
  /** When the head branch was pushed to the head sha; null: GitHub does not say. */
  headSince(pullRequest: PullRequest, signal: AbortSignal): Promise<string | null>;
  /** When the commit was made. */
  committedAt(pullRequest: PullRequest, signal: AbortSignal): Promise<string>;
  /** Paths that differ from the base; null: there are more than GitHub lists. */
  changedFiles(pullRequest: PullRequest, signal: AbortSignal): Promise<readonly string[] | null>;
  /** Whether the repository was called this before. */
  wasCalled(name: string, signal: AbortSignal): Promise<boolean>;
  /** GitHub's clock, in milliseconds since 1970, at its last answer. */
  time(): number;
}
