import type { PullRequest, Reading } from "../model.ts";

/** What the driver asks of the code host. Plain values: no client's types leak. */
export interface GitHub {
  /** Every open pull request, or an error: never a part of them. */
  openPullRequests(signal: AbortSignal): Promise<readonly PullRequest[]>;
  /** One pull request, read by itself. */
  pullRequest(number: number, signal: AbortSignal): Promise<Reading>;
  hasLabel(name: string, signal: AbortSignal): Promise<boolean>;
}
