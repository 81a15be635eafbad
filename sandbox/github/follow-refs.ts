import { recordActivity } from "./activity.ts";
import type { Hub } from "./hub.ts";
import type { Issue, PullRequest, Repository } from "./model.ts";

/**
 * Brings what is known in line with the git repositories after refs have changed: the repository's activities tell of it,
 * an open pull request follows its head branch and keeps `refs/pull/N/head` there, is merged when its base contains it, and
 * is closed when a branch of it is gone. Closed ones stay as they were, and so does the head of one whose fork was deleted.
 * Also run at the start, for a push whose effects a kill has cut off.
 *
 * @param mergedRef the branch that the merge of a pull request has moved
 */
export async function followRefs(hub: Hub, repository: Repository, by: string, mergedRef?: string): Promise<void> {
  const refs = new RefsByRepository(hub);
  await recordActivity(hub, repository, await refs.of(repository), by, mergedRef);
  for (const base of hub.store.state.repositories) {
    const moved: MovedPullRequest[] = [];
    for (const pullRequest of hub.pullRequests(base)) {
      const touched = base.id === repository.id || pullRequest.pull.head.repositoryId === repository.id;
      if (!touched || pullRequest.state !== "open") continue;
      const move = await moveWithBranches(hub, refs, base, pullRequest, by);
      if (move) moved.push(move);
    }
    await closeMerged(hub, base, moved, by);
  }
}

type Refs = ReadonlyMap<string, string>;

interface MovedPullRequest {
  readonly pullRequest: PullRequest;
  readonly baseMoved: boolean;
}

/** Reads the refs of each repository once, however many pull requests look at them. */
class RefsByRepository {
  readonly #hub: Hub;
  readonly #known = new Map<number, Promise<Refs>>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  of(repository: Repository): Promise<Refs> {
    const refs = this.#known.get(repository.id) ?? this.#hub.git(repository).refs();
    this.#known.set(repository.id, refs);
    return refs;
  }
}

/** @returns the pull request, if one of its ends has moved */
async function moveWithBranches(
  hub: Hub,
  refs: RefsByRepository,
  base: Repository,
  pullRequest: PullRequest,
  by: string,
): Promise<MovedPullRequest | undefined> {
  const { number, pull } = pullRequest;
  const head = hub.repositoryById(pull.head.repositoryId);
  const baseRefs = await refs.of(base);
  const headSha = head ? (await refs.of(head)).get(`refs/heads/${pull.head.ref}`) : pull.head.sha;
  const baseSha = baseRefs.get(`refs/heads/${pull.base.ref}`);
  if (headSha === undefined || baseSha === undefined) {
    close(hub, pullRequest, by);
    return undefined;
  }
  const headMoved = headSha !== pull.head.sha;
  const baseMoved = baseSha !== pull.base.sha;
  if (headMoved) {
    pull.head.sha = headSha;
    pullRequest.updatedAt = hub.now();
  }
  pull.base.sha = baseSha;
  if (baseRefs.get(`refs/pull/${number}/head`) !== headSha) await keepHeadRef(hub, base, pullRequest);
  return headMoved || baseMoved ? { pullRequest, baseMoved } : undefined;
}

/** One question to git for each base branch, not for each pull request: a push to `main` moves them all. */
async function closeMerged(hub: Hub, base: Repository, moved: readonly MovedPullRequest[], by: string): Promise<void> {
  const mergedInto = new Map<string, ReadonlySet<string>>();
  for (const { pullRequest, baseMoved } of moved) {
    const { sha } = pullRequest.pull.base;
    const merged = mergedInto.get(sha) ?? (await hub.git(base).refsMergedInto(sha, "refs/pull/"));
    mergedInto.set(sha, merged);
    if (!merged.has(`refs/pull/${pullRequest.number}/head`)) continue;
    if (baseMoved) markMerged(hub, pullRequest, by, sha);
    close(hub, pullRequest, by);
  }
}

/** `refs/pull/N/head` in the base repository, as on GitHub: how a fork's commits are reached without the fork. */
export async function keepHeadRef(hub: Hub, base: Repository, { number, pull }: PullRequest): Promise<void> {
  const ref = `refs/pull/${number}/head`;
  const head = hub.repositoryById(pull.head.repositoryId);
  if (head && head.id !== base.id) await hub.git(base).fetch(hub.git(head), pull.head.sha, ref);
  else await hub.git(base).updateRef(ref, pull.head.sha);
}

export function markMerged(hub: Hub, pullRequest: PullRequest, by: string, mergeCommitSha: string): void {
  pullRequest.pull.mergedAt = hub.now();
  pullRequest.pull.mergedBy = by;
  pullRequest.pull.mergeCommitSha = mergeCommitSha;
}

export function close(hub: Hub, issue: Issue, by: string): void {
  issue.state = "closed";
  issue.closedAt = hub.now();
  issue.closedBy = by;
  issue.updatedAt = hub.now();
}
