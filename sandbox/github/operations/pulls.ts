import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { ApiError, notFound, refused, unprocessable, validationFailed } from "../api-error.ts";
import {
  authorOr,
  created,
  may,
  noContent,
  ok,
  operation,
  page,
  permitted,
  pullRequestOf,
  repositoryOf,
  signedIn,
  type Call,
  type Operations,
} from "../call.ts";
import { close, followRefs, keepHeadRef, markMerged } from "../follow-refs.ts";
import type { Hub } from "../hub.ts";
import type { PullRequest, Repository, Review } from "../model.ts";
import { renderCommit, renderFile } from "../representation/commit.ts";
import { renderPullRequest, renderReview, renderSimplePullRequest } from "../representation/pull-request.ts";

export const pulls: Operations = {
  "pulls/list": operation<Rest["pulls"]["list"]>((call) => {
    const repository = repositoryOf(call);
    const matching = call.hub
      .pullRequests(repository)
      .filter((pullRequest) => matches(call.hub, repository, pullRequest, call.input));
    return page(call, sorted(call.hub, repository, matching, call.input), (pullRequest) =>
      renderSimplePullRequest(call.hub, repository, pullRequest),
    );
  }),

  "pulls/get": operation<Rest["pulls"]["get"]>(async (call) => {
    const repository = repositoryOf(call);
    return ok(await renderPullRequest(call.hub, repository, pullRequestOf(repository, call.input.pull_number)));
  }),

  "pulls/create": operation<Rest["pulls"]["create"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = signedIn(call);
    if (input.title === undefined)
      throw validationFailed({ resource: "PullRequest", field: "title", code: "missing_field" });
    const head = findHead(hub, repository, input.head);
    const headSha = head && hub.branch(head.repository, head.ref);
    if (!head || headSha === undefined)
      throw validationFailed({ resource: "PullRequest", field: "head", code: "invalid" });
    const baseSha = hub.branch(repository, input.base);
    if (baseSha === undefined) throw validationFailed({ resource: "PullRequest", field: "base", code: "invalid" });
    if (!may(call, head.repository, "write")) permitted(call, repository, "write");
    const label = `${head.repository.owner}:${head.ref}`;
    if (openFor(hub, repository, head.repository.id, head.ref, input.base)) {
      throw refused("PullRequest", `A pull request already exists for ${label}.`);
    }
    const now = hub.now();
    const pullRequest: PullRequest = {
      id: hub.store.newId(),
      number: repository.nextNumber,
      author: login,
      createdAt: now,
      updatedAt: now,
      title: input.title,
      body: input.body ?? null,
      state: "open",
      closedAt: null,
      closedBy: null,
      labelIds: [],
      pull: {
        draft: input.draft ?? false,
        head: { repositoryId: head.repository.id, ref: head.ref, sha: headSha },
        base: { ref: input.base, sha: baseSha },
        mergedAt: null,
        mergedBy: null,
        mergeCommitSha: null,
      },
    };
    await keepHeadRef(hub, repository, pullRequest);
    const { commits } = await hub.comparisons.of(hub.git(repository), baseSha, headSha);
    if (commits === 0) {
      await hub.git(repository).deleteRef(`refs/pull/${pullRequest.number}/head`);
      throw refused("PullRequest", `No commits between ${input.base} and ${head.ref}`);
    }
    repository.nextNumber++;
    repository.issues.push(pullRequest);
    return created(await renderPullRequest(hub, repository, pullRequest));
  }),

  "pulls/update": operation<Rest["pulls"]["update"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(repository, input.pull_number);
    const { login } = authorOr(call, pullRequest.author, repository, "write");
    if (input.base !== undefined) changeBase(hub, repository, pullRequest, input.base);
    if (input.title !== undefined) pullRequest.title = input.title;
    if (input.body !== undefined) pullRequest.body = input.body;
    await changeState(hub, repository, pullRequest, input.state, login);
    pullRequest.updatedAt = hub.now();
    return ok(await renderPullRequest(hub, repository, pullRequest));
  }),

  "pulls/list-commits": operation<Rest["pulls"]["listCommits"]>(async (call) => {
    const { repository, pullRequest, start } = await rangeOf(call);
    const commits = await call.hub.git(repository).commits(["--reverse", `${start}..${pullRequest.pull.head.sha}`]);
    return page(call, commits, (commit) => renderCommit(call.hub, repository, commit));
  }),

  "pulls/list-files": operation<Rest["pulls"]["listFiles"]>(async (call) => {
    const { repository, pullRequest, files } = await rangeOf(call);
    const { sha } = pullRequest.pull.head;
    return page(call, files, (file) => renderFile(call.hub, repository, sha, file));
  }),

  "pulls/check-if-merged": operation<Rest["pulls"]["checkIfMerged"]>((call) => {
    const { pull } = pullRequestOf(repositoryOf(call), call.input.pull_number);
    if (pull.mergedAt === null) throw notFound();
    return noContent();
  }),

  "pulls/merge": operation<Rest["pulls"]["merge"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(repository, input.pull_number);
    const { login } = permitted(call, repository, "write");
    const { head, base, draft } = pullRequest.pull;
    if (input.merge_method === "rebase") throw new ApiError(405, "Rebase merges are not allowed on this repository.");
    if (pullRequest.state === "closed") throw new ApiError(405, "Pull Request is not mergeable");
    if (draft) throw new ApiError(405, "Pull Request is still a draft");
    if (input.sha !== undefined && input.sha !== head.sha) {
      throw new ApiError(409, "Head branch was modified. Review and try the merge again.");
    }
    const git = hub.git(repository);
    const tree = await git.mergedTree(base.sha, head.sha);
    if (tree === undefined) throw new ApiError(405, "Pull Request is not mergeable");
    const squash = input.merge_method === "squash";
    const message = mergeMessage(hub, repository, pullRequest, squash, input);
    const who = { name: login, email: `${login}@users.noreply.github.com`, date: hub.now() };
    const sha = await git.commitTree(tree, squash ? [base.sha] : [base.sha, head.sha], message, who);
    await git.updateRef(`refs/heads/${base.ref}`, sha, base.sha);
    repository.pushedAt = hub.now();
    markMerged(hub, pullRequest, login, sha);
    close(hub, pullRequest, login);
    await followRefs(hub, repository, login, `refs/heads/${base.ref}`);
    return ok({ sha, merged: true, message: "Pull Request successfully merged" });
  }),

  "pulls/list-reviews": operation<Rest["pulls"]["listReviews"]>((call) => {
    const repository = repositoryOf(call);
    const { number } = pullRequestOf(repository, call.input.pull_number);
    const reviews = repository.reviews.filter(({ issueNumber }) => issueNumber === number);
    return page(call, reviews, (review) => renderReview(call.hub, repository, review));
  }),

  "pulls/create-review": operation<Rest["pulls"]["createReview"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const pullRequest = pullRequestOf(repository, input.pull_number);
    const { login } = signedIn(call);
    const event = input.event;
    if (event === undefined) throw unprocessable("Pending reviews are not part of this host: give an event.");
    if (event === "APPROVE" && login === pullRequest.author)
      throw unprocessable("Can not approve your own pull request");
    const review: Review = {
      id: hub.store.newId(),
      issueNumber: pullRequest.number,
      author: login,
      state: reviewStates[event],
      body: input.body ?? "",
      commitSha: input.commit_id ?? pullRequest.pull.head.sha,
      submittedAt: hub.now(),
    };
    repository.reviews.push(review);
    pullRequest.updatedAt = hub.now();
    return ok(renderReview(hub, repository, review));
  }),

  "pulls/get-review": operation<Rest["pulls"]["getReview"]>((call) => {
    const { repository, review } = reviewOf(call);
    return ok(renderReview(call.hub, repository, review));
  }),

  "pulls/dismiss-review": operation<Rest["pulls"]["dismissReview"]>((call) => {
    const { repository, pullRequest, review } = reviewOf(call);
    permitted(call, repository, "write");
    if (review.state !== "APPROVED" && review.state !== "CHANGES_REQUESTED") {
      throw unprocessable(`Can not dismiss a ${review.state.toLowerCase()} pull request review`);
    }
    review.state = "DISMISSED";
    pullRequest.updatedAt = call.hub.now();
    return ok(renderReview(call.hub, repository, review));
  }),
};

type ReviewCall = Call<{
  readonly owner: string;
  readonly repo: string;
  readonly pull_number: number;
  readonly review_id: number;
}>;

function reviewOf(call: ReviewCall): {
  readonly repository: Repository;
  readonly pullRequest: PullRequest;
  readonly review: Review;
} {
  const repository = repositoryOf(call);
  const pullRequest = pullRequestOf(repository, call.input.pull_number);
  const review = repository.reviews.find(
    ({ id, issueNumber }) => id === call.input.review_id && issueNumber === pullRequest.number,
  );
  if (!review) throw notFound();
  return { repository, pullRequest, review };
}

const reviewStates = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

/** Opens or closes, as `PATCH` of the pull request or of its issue asks for. */
export async function changeState(
  hub: Hub,
  repository: Repository,
  pullRequest: PullRequest,
  wanted: string | undefined,
  login: string,
): Promise<void> {
  if (wanted === undefined || wanted === pullRequest.state) return;
  if (wanted === "closed") {
    close(hub, pullRequest, login);
    return;
  }
  await reopen(hub, repository, pullRequest);
}

async function reopen(hub: Hub, repository: Repository, pullRequest: PullRequest): Promise<void> {
  const cannot = (reason: string) => refused("PullRequest", `state cannot be changed. ${reason}`, "state");
  const { head, base, mergedAt } = pullRequest.pull;
  if (mergedAt !== null) throw cannot("The pull request cannot be reopened.");
  const source = hub.repositoryById(head.repositoryId);
  const headSha = source && hub.branch(source, head.ref);
  const baseSha = hub.branch(repository, base.ref);
  if (!source || headSha === undefined) throw cannot(`The ${head.ref} branch has been deleted.`);
  if (baseSha === undefined) throw cannot(`The ${base.ref} branch has been deleted.`);
  if (openFor(hub, repository, source.id, head.ref, base.ref)) {
    throw cannot(`There is already an open pull request from ${source.owner}:${head.ref} to ${base.ref}.`);
  }
  // A fork's new commits are not in the base repository yet, and only the fork knows both ends.
  if (!(await hub.git(source).isAncestor(head.sha, headSha))) {
    throw cannot(`The ${head.ref} branch was force-pushed or recreated.`);
  }
  head.sha = headSha;
  base.sha = baseSha;
  pullRequest.state = "open";
  pullRequest.closedAt = null;
  pullRequest.closedBy = null;
  await keepHeadRef(hub, repository, pullRequest);
}

function changeBase(hub: Hub, repository: Repository, pullRequest: PullRequest, ref: string): void {
  if (pullRequest.state === "closed")
    throw refused("PullRequest", "Cannot change the base branch of a closed pull request.", "base");
  const sha = hub.branch(repository, ref);
  if (sha === undefined) throw validationFailed({ resource: "PullRequest", field: "base", code: "invalid" });
  pullRequest.pull.base.ref = ref;
  pullRequest.pull.base.sha = sha;
}

interface Head {
  readonly repository: Repository;
  readonly ref: string;
}

/** Where `branch` or `owner:branch` lies: in the repository itself or in a fork of it. */
function findHead(hub: Hub, repository: Repository, head: string): Head | undefined {
  const [owner, ref] = head.includes(":") ? (head.split(":", 2) as [string, string]) : [repository.owner, head];
  const family = [repository, ...hub.forksOf(repository)];
  const found = family.find((candidate) => candidate.owner.toLowerCase() === owner.toLowerCase());
  return found && { repository: found, ref };
}

function openFor(hub: Hub, repository: Repository, headId: number, head: string, base: string): boolean {
  return hub
    .pullRequests(repository)
    .some(
      ({ state, pull }) =>
        state === "open" && pull.head.repositoryId === headId && pull.head.ref === head && pull.base.ref === base,
    );
}

type ListInput = Rest["pulls"]["list"]["parameters"];

function matches(hub: Hub, repository: Repository, pullRequest: PullRequest, wanted: ListInput): boolean {
  const { state, pull } = pullRequest;
  if (wanted.state !== "all" && state !== (wanted.state ?? "open")) return false;
  if (wanted.base !== undefined && pull.base.ref !== wanted.base) return false;
  // GitHub takes no notice of a head without an owner.
  if (wanted.head === undefined || !wanted.head.includes(":")) return true;
  const owner = hub.headOwner(repository, pullRequest);
  return wanted.head.toLowerCase() === `${owner}:${pull.head.ref}`.toLowerCase();
}

function sorted(
  hub: Hub,
  repository: Repository,
  list: readonly PullRequest[],
  wanted: ListInput,
): readonly PullRequest[] {
  const by = wanted.sort ?? "created";
  const direction = wanted.direction ?? (by === "created" ? "desc" : "asc");
  const comments = (number: number) => repository.comments.filter(({ issueNumber }) => issueNumber === number).length;
  const key = (pullRequest: PullRequest): number =>
    by === "popularity"
      ? comments(pullRequest.number)
      : by === "created"
        ? pullRequest.number
        : Date.parse(by === "updated" ? pullRequest.updatedAt : pullRequest.createdAt);
  const ascending = list.toSorted((one, other) => key(one) - key(other) || one.number - other.number);
  return direction === "asc" ? ascending : ascending.toReversed();
}

async function rangeOf(call: Call<{ readonly owner: string; readonly repo: string; readonly pull_number: number }>) {
  const repository = repositoryOf(call);
  const pullRequest = pullRequestOf(repository, call.input.pull_number);
  const { head, base } = pullRequest.pull;
  const { start, files } = await call.hub.comparisons.of(call.hub.git(repository), base.sha, head.sha);
  return { repository, pullRequest, start, files };
}

function mergeMessage(
  hub: Hub,
  repository: Repository,
  pullRequest: PullRequest,
  squash: boolean,
  wanted: { readonly commit_title?: string; readonly commit_message?: string },
): string {
  const { number, title, pull } = pullRequest;
  const owner = hub.headOwner(repository, pullRequest);
  const usual = squash ? `${title} (#${number})` : `Merge pull request #${number} from ${owner}/${pull.head.ref}`;
  return `${wanted.commit_title ?? usual}\n\n${wanted.commit_message ?? (squash ? "" : title)}`.trim();
}
