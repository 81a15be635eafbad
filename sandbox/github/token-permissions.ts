import { ApiError } from "./api-error.ts";
import type { Repository, TokenPermissions } from "./model.ts";

/** A token that may do less than its owner: a fine-grained personal access token, or that of an app's installation. */
export interface Grant {
  readonly holder: "personal access token" | "integration";
  readonly permissions: TokenPermissions;
  /** Whether the permissions are for this repository. Any other one is public to the token: it may read, and no more. */
  covers(repository: Repository): boolean;
}

const issueOrPullRequest = { read: "issues=read; pull_requests=read", write: "issues=write; pull_requests=write" };
const pullRequests = { read: "pull_requests=read", write: "pull_requests=write" };
const contents = { read: "contents=read", write: "contents=write" };
const deployments = { read: "deployments=read", write: "deployments=write" };
const statuses = { read: "statuses=read", write: "statuses=write" };
const metadata = "metadata=read";
const administration = "administration=write";
const webhooks = { read: "repository_hooks=read", write: "repository_hooks=write" };

/**
 * What each operation on a repository needs, as GitHub documents it ("Permissions required for fine-grained personal access
 * tokens") and says in the header `x-accepted-github-permissions`: alternatives divided by semicolons, each a list divided
 * by commas.
 */
export const acceptedPermissions: Readonly<Record<string, string>> = {
  "git/create-ref": contents.write,
  "git/delete-ref": contents.write,
  "git/get-ref": contents.read,
  "git/list-matching-refs": contents.read,
  "git/update-ref": contents.write,
  "issues/add-labels": issueOrPullRequest.write,
  "issues/create": "issues=write",
  "issues/create-comment": issueOrPullRequest.write,
  "issues/create-label": issueOrPullRequest.write,
  "issues/delete-comment": issueOrPullRequest.write,
  "issues/delete-label": issueOrPullRequest.write,
  "issues/get": "issues=read",
  "issues/get-comment": issueOrPullRequest.read,
  "issues/get-label": issueOrPullRequest.read,
  "issues/list-comments": issueOrPullRequest.read,
  "issues/list-comments-for-repo": issueOrPullRequest.read,
  "issues/list-for-repo": "issues=read",
  "issues/list-labels-for-repo": issueOrPullRequest.read,
  "issues/list-labels-on-issue": issueOrPullRequest.read,
  "issues/remove-all-labels": issueOrPullRequest.write,
  "issues/remove-label": issueOrPullRequest.write,
  "issues/set-labels": issueOrPullRequest.write,
  "issues/update": issueOrPullRequest.write,
  "issues/update-comment": issueOrPullRequest.write,
  "issues/update-label": issueOrPullRequest.write,
  "pulls/check-if-merged": pullRequests.read,
  "pulls/create": pullRequests.write,
  "pulls/create-review": pullRequests.write,
  "pulls/dismiss-review": pullRequests.write,
  "pulls/get": pullRequests.read,
  "pulls/get-review": pullRequests.read,
  "pulls/list": pullRequests.read,
  "pulls/list-commits": pullRequests.read,
  "pulls/list-files": pullRequests.read,
  "pulls/list-reviews": pullRequests.read,
  "pulls/merge": contents.write,
  "pulls/update": pullRequests.write,
  "repos/check-collaborator": metadata,
  "repos/create-commit-status": statuses.write,
  "repos/create-deployment": deployments.write,
  "repos/create-deployment-status": deployments.write,
  "repos/create-webhook": webhooks.write,
  "repos/create-fork": `${administration},contents=read`,
  "repos/delete": administration,
  "repos/delete-webhook": webhooks.write,
  "repos/delete-deployment": deployments.write,
  "repos/get": metadata,
  "repos/get-branch": contents.read,
  "repos/get-collaborator-permission-level": metadata,
  "repos/get-combined-status-for-ref": statuses.read,
  "repos/get-commit": contents.read,
  "repos/get-deployment": deployments.read,
  "repos/get-deployment-status": deployments.read,
  "repos/get-webhook": webhooks.read,
  "repos/list-activities": contents.read,
  "repos/list-branches": contents.read,
  "repos/list-commit-statuses-for-ref": statuses.read,
  "repos/list-commits": contents.read,
  "repos/list-deployment-statuses": deployments.read,
  "repos/list-deployments": deployments.read,
  "repos/list-forks": metadata,
  "repos/list-tags": metadata,
  "repos/list-webhooks": webhooks.read,
  "repos/update": administration,
  "repos/update-webhook": webhooks.write,
};

/** What a limited token can be given; the rest of GitHub's permissions opens nothing that is answered here. */
export const permissionNames = [
  "administration",
  "contents",
  "deployments",
  "issues",
  "metadata",
  "pull_requests",
  "repository_hooks",
  "statuses",
] as const;

/** Whether permissions hold what one of the alternatives asks for. `metadata=read` comes with every token. */
export function permits(permissions: TokenPermissions, accepted: string): boolean {
  const held: TokenPermissions = { metadata: "read", ...permissions };
  return accepted.split("; ").some((alternative) =>
    alternative.split(",").every((need) => {
      const [name = "", access = ""] = need.split("=");
      return held[name] === "write" || held[name] === access;
    }),
  );
}

/** @throws ApiError GitHub's refusal, unless the grant allows the operation on the repository */
export function refuseBeyondGrant(grant: Grant, operationId: string, repository: Repository | undefined): void {
  const accepted = acceptedPermissions[operationId];
  const refusal = new ApiError(403, `Resource not accessible by ${grant.holder}`);
  if (accepted === undefined) {
    // An app's installation is nobody who could ask for itself.
    if (grant.holder === "integration" && operationId === "users/get-authenticated") throw refusal;
    return;
  }
  if (repository === undefined) return;
  if (!grant.covers(repository)) {
    if (!accepted.includes("=write")) return;
    throw refusal;
  }
  if (!permits(grant.permissions, accepted)) throw refusal;
}

/**
 * Reads `pull_requests=write,contents=read`.
 *
 * @returns undefined where it cannot be read
 */
export function parsePermissions(text: string): TokenPermissions | undefined {
  const entries = text.split(",").map((entry) => entry.split("=") as [string, string | undefined]);
  const valid = entries.every(([name, access]) => isPermissionName(name) && (access === "read" || access === "write"));
  return valid ? (Object.fromEntries(entries) as TokenPermissions) : undefined;
}

function isPermissionName(name: string): boolean {
  return permissionNames.some((known) => known === name);
}
