import { cutEnd, plainLine } from "../report/plain-text.ts";
import { webAddress } from "../report/markdown.ts";
import { askedFor, awaitsApproval, type ToldPolicy } from "./asked.ts";
import type { PreviewStatus, PullRequestStatus } from "./feedback.ts";
import { phaseWord } from "./phase-word.ts";

export interface CommitStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: "pending" | "success" | "failure";
  /** At most 140 characters, which is GitHub's limit. */
  readonly description: string;
  /** Where the preview answers; undefined: it does not, or there are several. */
  readonly url?: string;
}

export interface CommitStatusOptions {
  readonly context: string;
  readonly policy: Pick<ToldPolicy, "label" | "forks">;
  /** The commit has this status already, which must not become wrong. */
  readonly told: boolean;
}

const LONGEST_DESCRIPTION = 140;

/**
 * One status for all previews of a pull request; undefined: nobody asked. `failure`: one of them failed. `pending`: one is
 * still to come. `success`: nothing is to come, because it is there, or because there will be none: a required check must
 * not hold up a draft for ever.
 */
export function commitStatusOf(status: PullRequestStatus, options: CommitStatusOptions): CommitStatus | undefined {
  const { context, policy, told } = options;
  const previews = askedFor(status, policy, told);
  const [first] = previews;
  if (first === undefined) return undefined;
  const answers = previews.map((preview) => answerOf(preview, policy));
  const state = (["failure", "pending"] as const).find((one) => answers.includes(one)) ?? "success";
  const description = previews.length === 1 ? sentence(first) : count(previews);
  const address = previews.length === 1 && isUp(first) && first.url !== undefined ? webAddress(first.url) : undefined;
  return {
    sha: status.sha,
    context,
    state,
    description: cutEnd(plainLine(description), LONGEST_DESCRIPTION),
    ...(address === undefined ? {} : { url: address }),
  };
}

function answerOf(preview: PreviewStatus, policy: Pick<ToldPolicy, "forks">): CommitStatus["state"] {
  const { phase, verdict, sha, runningSha, error, receipt } = preview;
  switch (phase) {
    case "failed":
      return "failure";
    case "waiting":
    case "queued":
    case "deploying":
      return "pending";
    case "held":
      if (error !== undefined) return "failure";
      return runningSha !== sha && verdict?.kind === "wait" ? "pending" : pendingApproval(preview, policy);
    case "refused":
      return pendingApproval(preview, policy);
    case "gone":
      return receipt !== undefined && receipt.remains.length > 0 ? "pending" : "success";
    case "ready":
    case "ended":
      return "success";
  }
}

function pendingApproval(preview: PreviewStatus, policy: Pick<ToldPolicy, "forks">): "pending" | "success" {
  return awaitsApproval(preview, policy) ? "pending" : "success";
}

/** What answers shows the commit that the status is about. */
function isUp({ phase, sha, runningSha, error }: PreviewStatus): boolean {
  return phase === "ready" || (phase === "held" && runningSha === sha && error === undefined);
}

function sentence({ phase, sha, verdict, error, receipt }: PreviewStatus): string {
  const why = verdict === undefined || verdict.kind === "admit" ? "" : `: ${verdict.reason}`;
  switch (phase) {
    case "refused":
      return `No preview${why}`;
    case "waiting":
      return `Waiting${why}`;
    case "held":
      return `Left as it is${why}`;
    case "queued":
      return "Queued";
    case "deploying":
      return "Being deployed";
    case "ready":
      return `Ready: it shows ${sha.slice(0, 7)}`;
    case "failed":
      return error === undefined ? "Failed" : `Failed: ${error.trim().split("\n", 1)[0] ?? ""}`;
    case "ended":
      return `Ended${why}`;
    case "gone":
      return receipt !== undefined && receipt.remains.length > 0 ? "Removed in part" : "Removed with its pull request";
  }
}

/** `2 ready, 1 failed`, in order of their first appearance. */
function count(previews: readonly PreviewStatus[]): string {
  const words = previews.map(({ phase }) => phaseWord[phase]);
  return [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} ${word}`).join(", ");
}
