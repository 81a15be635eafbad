import type { Judged, NamespaceState, Preview, PullRequest, ReleaseState } from "../../../automation/model.ts";

export const repository = "acme/app";

/** A full sha that starts with these digits. */
export function sha(start: string): string {
  return start.padEnd(40, "0");
}

export function pullRequest(
  number: number,
  changes: Partial<PullRequest> & { readonly sha?: string } = {},
): PullRequest {
  const { sha: headSha = sha(String(number)), ...rest } = changes;
  return {
    number,
    title: `change ${number}`,
    author: "ada",
    state: "open",
    draft: false,
    labels: ["preview"],
    url: `https://example.com/${repository}/pull/${number}`,
    repository,
    head: {
      sha: headSha,
      branch: `branch-${number}`,
      repository,
      cloneUrl: `https://example.com/${repository}.git`,
    },
    ...rest,
  };
}

export function admitted(one: PullRequest, specHash = "hash"): Judged {
  return { pullRequest: one, verdict: { kind: "admit", reason: "it has the label" }, specHash };
}

export function refused(one: PullRequest): Judged {
  return { pullRequest: one, verdict: { kind: "refuse", reason: 'the label "preview" is missing' }, specHash: "hash" };
}

export const namespace: NamespaceState = { terminating: false, createdAt: "2026-01-01T00:00:00Z" };

export function release(number: number, changes: Partial<ReleaseState> = {}): ReleaseState {
  return {
    sha: sha(String(number)),
    specHash: "hash",
    branch: `branch-${number}`,
    ready: true,
    terminating: false,
    message: "",
    failures: 0,
    createdAt: "2026-01-01T00:00:00Z",
    ...changes,
  };
}

/** A whole, Ready preview of {@link pullRequest} with the same number. */
export function preview(number: number, changes: Partial<Preview> = {}): Preview {
  return { number, name: `pr-${number}`, stack: true, namespace, release: release(number), repository, ...changes };
}
