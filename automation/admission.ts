import type { Policy, PullRequest, Verdict } from "./model.ts";

/** Decides whether a pull request gets a preview. Labels compare as GitHub compares them: without regard to case. */
export function admit(pullRequest: PullRequest, policy: Policy): Verdict {
  if (pullRequest.state === "closed") return { kind: "refuse", reason: "the pull request is closed" };
  if (!hasLabel(pullRequest, policy.label)) {
    return { kind: "refuse", reason: `the label "${policy.label}" is missing` };
  }
  return { kind: "admit", reason: `it has the label "${policy.label}"` };
}

function hasLabel(pullRequest: PullRequest, label: string): boolean {
  return pullRequest.labels.some((name) => name.toLowerCase() === label.toLowerCase());
}
