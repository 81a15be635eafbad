import type { ToldPolicy } from "../../../automation/feedback/asked.ts";
import type { PreviewStatus, PullRequestStatus } from "../../../automation/feedback/feedback.ts";
import type { Rule, Verdict } from "../../../automation/model.ts";
import { repository, sha } from "./samples.ts";

export const policy: ToldPolicy = {
  label: "preview",
  labels: { all: [], any: [], none: [], pause: "preview-paused", keep: "preview-keep" },
  forks: "approve",
  approvers: "write",
  commands: true,
  commanders: "triage",
};

export const head = sha("abc1234");
export const earlier = sha("def5678");
export const url = "http://kbot.example.com/pr-41";

export function previewStatus(changes: Partial<PreviewStatus> = {}): PreviewStatus {
  return { name: "pr-41", phase: "ready", sha: head, runningSha: head, url, contains: [], ...changes };
}

/** A pull request with one preview. */
export function statusOf(
  changes: Partial<PreviewStatus> = {},
  more: Partial<PullRequestStatus> = {},
): PullRequestStatus {
  return {
    number: 41,
    repository,
    title: "change 41",
    author: "ada",
    branch: "branch-41",
    sha: head,
    fork: false,
    open: true,
    previews: [previewStatus(changes)],
    ...more,
  };
}

/** A preview that was not made, or that does not run. */
export function without(phase: PreviewStatus["phase"], rule: Rule, reason = `because of the ${rule}`): PreviewStatus {
  const kind: Verdict["kind"] = phase === "waiting" ? "wait" : "refuse";
  return { name: "pr-41", phase, sha: head, contains: [], verdict: { kind, rule, reason } };
}
