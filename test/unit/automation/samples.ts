import type {
  Command,
  CommandKind,
  Judged,
  NamespaceState,
  Permission,
  Policy,
  Preview,
  PullRequest,
  ReleaseState,
  Verdict,
} from "../../../automation/model.ts";

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
    authorAssociation: "MEMBER",
    state: "open",
    draft: false,
    labels: ["preview"],
    url: `https://example.com/${repository}/pull/${number}`,
    repository,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    base: { branch: "main" },
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
  return judged(one, { kind: "admit", rule: "admitted", reason: "it has the label" }, specHash);
}

export function refused(one: PullRequest): Judged {
  return judged(one, { kind: "refuse", rule: "label", reason: 'the label "preview" is missing' });
}

export function judged(one: PullRequest, verdict: Verdict, specHash = "hash"): Judged {
  return { pullRequest: one, app: undefined, name: `pr-${one.number}`, verdict, specHash };
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
  const parts = { stack: true, namespace, release: release(number), rest: [], repository };
  return { number, app: undefined, name: `pr-${number}`, ...parts, ...changes };
}

/** The default policy, but for these changes. */
export function policy(changes: Partial<Policy> = {}): Policy {
  const everything = { include: [], exclude: [] };
  return {
    label: "preview",
    labels: { all: [], any: [], none: [], pause: "preview-paused", keep: "preview-keep" },
    branches: { head: everything, base: everything },
    drafts: true,
    authors: everything,
    associations: [],
    forks: "approve",
    approvers: "write",
    commands: true,
    commanders: "triage",
    files: everything,
    ...changes,
  };
}

export function command(
  kind: CommandKind,
  author: string,
  permission: Permission,
  of?: string,
  at = "2026-01-01T00:00:00Z",
): Command {
  return { kind, author, permission, at, ...(of === undefined ? {} : { sha: of }) };
}
