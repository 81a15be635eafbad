import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import { fullName, type PullRequest, type Repository, type Review } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";
import { labelsOf, renderLabel } from "./issue.ts";
import { renderRepository } from "./repository.ts";

export type SimplePullRequest = Rest["pulls"]["list"]["response"]["data"][number];
export type FullPullRequest = Rest["pulls"]["get"]["response"]["data"];
type RenderedReview = Rest["pulls"]["getReview"]["response"]["data"];

/** A pull request as lists show it. */
export function renderSimplePullRequest(hub: Hub, repository: Repository, pullRequest: PullRequest) {
  const { number, pull } = pullRequest;
  const base = hub.urls.repository(fullName(repository));
  const url = `${base}/pulls/${number}`;
  const page = hub.urls.page(`${fullName(repository)}/pull/${number}`);
  const issue = `${base}/issues/${number}`;
  const statuses = `${base}/statuses/${pull.head.sha}`;
  const headOwner = hub.headOwner(repository, pullRequest);
  const headRepository = hub.repositoryById(pull.head.repositoryId);
  return {
    url,
    id: pullRequest.id,
    node_id: nodeId("PullRequest", pullRequest.id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${base}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    number,
    state: pullRequest.state,
    locked: false,
    active_lock_reason: null,
    title: pullRequest.title,
    body: pullRequest.body,
    user: renderUser(hub, pullRequest.author),
    labels: labelsOf(repository, pullRequest).map((label) => {
      const { description, ...rendered } = renderLabel(hub, repository, label);
      return { ...rendered, description: description ?? "" };
    }),
    milestone: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    created_at: pullRequest.createdAt,
    updated_at: pullRequest.updatedAt,
    closed_at: pullRequest.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    head: {
      label: `${headOwner}:${pull.head.ref}`,
      ref: pull.head.ref,
      sha: pull.head.sha,
      user: renderUser(hub, headOwner),
      // Null for a deleted fork, which GitHub's description, and so its type, does not mention.
      repo: (headRepository ? renderRepository(hub, headRepository) : null) as ReturnType<typeof renderRepository>,
    },
    base: {
      label: `${repository.owner}:${pull.base.ref}`,
      ref: pull.base.ref,
      sha: pull.base.sha,
      user: renderUser(hub, repository.owner),
      repo: renderRepository(hub, repository),
    },
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${base}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: hub.association(pullRequest.author, repository),
    auto_merge: null,
    draft: pull.draft,
  } satisfies SimplePullRequest;
}

/** A pull request as asked for by its number: with what git says of it. */
export async function renderPullRequest(
  hub: Hub,
  repository: Repository,
  pullRequest: PullRequest,
): Promise<FullPullRequest> {
  const { pull, state, number } = pullRequest;
  const { commits, files, ...comparison } = await hub.comparisons.of(hub.git(repository), pull.base.sha, pull.head.sha);
  const mergeable = state === "open" ? comparison.mergeable : null;
  return {
    ...renderSimplePullRequest(hub, repository, pullRequest),
    merged: pull.mergedAt !== null,
    mergeable,
    rebaseable: false,
    mergeable_state: mergeable === null ? "unknown" : !mergeable ? "dirty" : pull.draft ? "draft" : "clean",
    merged_by: pull.mergedBy === null ? null : renderUser(hub, pull.mergedBy),
    comments: repository.comments.filter(({ issueNumber }) => issueNumber === number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits,
    additions: sum(files.map(({ additions }) => additions)),
    deletions: sum(files.map(({ deletions }) => deletions)),
    changed_files: files.length,
  };
}

export function renderReview(hub: Hub, repository: Repository, review: Review): RenderedReview {
  const url = `${hub.urls.repository(fullName(repository))}/pulls/${review.issueNumber}`;
  const page = hub.urls.page(`${fullName(repository)}/pull/${review.issueNumber}#pullrequestreview-${review.id}`);
  return {
    id: review.id,
    node_id: nodeId("PullRequestReview", review.id),
    user: renderUser(hub, review.author),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    author_association: hub.association(review.author, repository),
    _links: { html: { href: page }, pull_request: { href: url } },
    submitted_at: review.submittedAt,
    commit_id: review.commitSha,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
