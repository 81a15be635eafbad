/** What the git host remembers beside the git repositories themselves. Everything here is written to one JSON file. */
export interface State {
  nextId: number;
  readonly accounts: Account[];
  readonly repositories: Repository[];
  readonly installations: Installation[];
  installationTokens: InstallationToken[];
}

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly createdAt: string;
  /** Absent: a user. */
  readonly type?: "Bot";
}

/** A GitHub App on the repositories of one account. */
export interface Installation {
  readonly id: number;
  readonly appId: number;
  readonly account: string;
  readonly createdAt: string;
}

export interface InstallationToken {
  /** The token itself is told once, and kept nowhere. */
  readonly sha256: string;
  readonly installationId: number;
  readonly permissions: TokenPermissions;
  readonly repositoryIds: readonly number[];
  readonly expiresAt: string;
}

/** In order of power, as GitHub names them. */
export const permissions = ["none", "read", "triage", "write", "maintain", "admin"] as const;
export type Permission = (typeof permissions)[number];

/** What a limited token may do, by GitHub's names; `write` includes `read`. */
export type TokenPermissions = Readonly<Record<string, "read" | "write">>;

export interface Repository {
  readonly id: number;
  readonly owner: string;
  name: string;
  /** Names it had before, which still lead to it. */
  formerNames: readonly string[];
  /** Where its git repository lies; it stays there when the repository is renamed. */
  readonly folder: string;
  /** Absent: public. */
  private?: boolean;
  /** The repository this one was forked from. */
  readonly parentId?: number;
  readonly defaultBranch: string;
  readonly createdAt: string;
  pushedAt: string;
  /** Issues and pull requests share one counter. */
  nextNumber: number;
  readonly labels: Label[];
  readonly issues: Issue[];
  readonly comments: Comment[];
  readonly reviews: Review[];
  readonly statuses: CommitStatus[];
  readonly deployments: Deployment[];
  readonly webhooks: Webhook[];
  /** Oldest first. */
  readonly activities: Activity[];
  /** The branches as they were when activities were last recorded; absent before the first time. */
  branches?: Readonly<Record<string, string>>;
}

/** Where to tell what happens to a repository. */
export interface Webhook {
  readonly id: number;
  readonly createdAt: string;
  updatedAt: string;
  active: boolean;
  /** By GitHub's names; `*` is every one. */
  events: readonly string[];
  config: WebhookConfig;
  /** What the last delivery came to; code null: it did not arrive. */
  lastResponse: { readonly code: number | null; readonly status: string; readonly message: string | null };
}

export interface WebhookConfig {
  readonly url: string;
  readonly contentType: "json" | "form";
  readonly insecureSsl: "0" | "1";
  readonly secret?: string;
}

export type ActivityType = "push" | "force_push" | "branch_creation" | "branch_deletion" | "pr_merge";

/** One change of one branch. */
export interface Activity {
  readonly id: number;
  readonly type: ActivityType;
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly actor: string;
  readonly at: string;
}

export interface Label {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  readonly createdAt: string;
  title: string;
  body: string | null;
  state: "open" | "closed";
  updatedAt: string;
  closedAt: string | null;
  closedBy: string | null;
  labelIds: number[];
  /** Present when the issue is a pull request. */
  readonly pull?: Pull;
}

export interface PullRequest extends Issue {
  readonly pull: Pull;
}

export interface Pull {
  readonly draft: boolean;
  readonly head: {
    readonly repositoryId: number;
    readonly ref: string;
    sha: string;
    /** Kept when the fork is deleted: whose it was. */
    formerOwner?: string;
  };
  readonly base: { ref: string; sha: string };
  mergedAt: string | null;
  mergedBy: string | null;
  mergeCommitSha: string | null;
}

export interface Comment {
  readonly id: number;
  readonly issueNumber: number;
  readonly author: string;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
}

export interface Review {
  readonly id: number;
  readonly issueNumber: number;
  readonly author: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  readonly body: string;
  readonly commitSha: string;
  readonly submittedAt: string;
}

export type StatusState = "error" | "failure" | "pending" | "success";

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: StatusState;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: string | Record<string, unknown>;
  readonly transient: boolean;
  readonly production: boolean;
  readonly creator: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly statuses: DeploymentStatus[];
}

export type DeploymentState = "error" | "failure" | "inactive" | "pending" | "success" | "queued" | "in_progress";

export interface DeploymentStatus {
  readonly id: number;
  readonly state: DeploymentState;
  readonly description: string;
  readonly targetUrl: string;
  readonly environmentUrl: string;
  readonly environment: string;
  readonly creator: string;
  readonly createdAt: string;
}

export function isPullRequest(issue: Issue): issue is PullRequest {
  return issue.pull !== undefined;
}

export function fullName(repository: Pick<Repository, "owner" | "name">): string {
  return `${repository.owner}/${repository.name}`;
}

/** The time as GitHub writes it: UTC, without fractions of a second. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
