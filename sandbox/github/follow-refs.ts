import type { Hub } from "./hub.ts";
import type { Issue, PullRequest, Repository } from "./model.ts";

/**
 * Brings pull requests in line with the git repositories after a push: an open one follows its head branch and keeps
 * `refs/pull/N/head` there, is merged when its base contains it, and is closed when a branch of it is gone.
 * Closed ones stay as they were. Also run at the start, for a push whose effects a kill has cut off.
 */
export async function followRefs(hub: Hub, repository: Repository, pusher: string): Promise<void> {
  const refs = new RefsByRepository(hub);
  for (const base of hub.store.state.repositories) {
    for (const pullRequest of hub.pullRequests(base)) {
      const touched = base.id === repository.id || pullRequest.pull.head.repositoryId === repository.id;
      if (touched && pullRequest.state === "open") await followPullRequest(hub, refs, base, pullRequest, pusher);
    }
  }
}

type Refs = ReadonlyMap<string, string>;

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

async function followPullRequest(
  hub: Hub,
  refs: RefsByRepository,
  base: Repository,
  pullRequest: PullRequest,
  by: string,
): Promise<void> {
  const { number, pull } = pullRequest;
  const head = hub.repositoryById(pull.head.repositoryId);
  const baseRefs = await refs.of(base);
  const headSha = head && (await refs.of(head)).get(`refs/heads/${pull.head.ref}`);
  const baseSha = baseRefs.get(`refs/heads/${pull.base.ref}`);
  if (headSha === undefined || baseSha === undefined) {
    close(hub, pullRequest, by);
    return;
  }
  const headMoved = headSha !== pull.head.sha;
  const baseMoved = baseSha !== pull.base.sha;
  if (headMoved) {
    pull.head.sha = headSha;
    pullRequest.updatedAt = hub.now();
  }
  pull.base.sha = baseSha;
  if (baseRefs.get(`refs/pull/${number}/head`) !== headSha) await keepHeadRef(hub, base, pullRequest);
  if ((headMoved || baseMoved) && (await hub.git(base).isAncestor(headSha, baseSha))) {
    if (baseMoved) markMerged(hub, pullRequest, by, baseSha);
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
