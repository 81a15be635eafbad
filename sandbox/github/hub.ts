import { rm } from "node:fs/promises";
import { join } from "node:path";
import { authorAssociation } from "./author-association.ts";
import { Comparisons } from "./comparisons.ts";
import type { Credential } from "./credentials.ts";
import { GitRepository } from "./git-repository.ts";
import {
  isPullRequest,
  permissions,
  timestamp,
  type Account,
  type Permission,
  type PullRequest,
  type Repository,
} from "./model.ts";
import type { Store } from "./store.ts";
import type { Urls } from "./urls.ts";

export interface HubOptions {
  readonly store: Store;
  readonly urls: Urls;
  readonly dataFolder: string;
  readonly credentials: readonly Credential[];
  readonly now: () => Date;
}

/** Everything a request can ask about: accounts, repositories, who may do what. */
export class Hub {
  readonly store: Store;
  readonly urls: Urls;
  readonly comparisons = new Comparisons();
  /** Full shas that are commits of a repository, each behind the repository's id: none ever goes, and git is a process to ask. */
  readonly knownCommits = new Set<string>();
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
    this.store = options.store;
    this.urls = options.urls;
  }

  now(): string {
    return timestamp(this.#options.now());
  }

  /** The account of a login; the first mention of a login makes it one. */
  account(login: string, type?: "Bot"): Account {
    const known = this.findAccount(login);
    if (known) return known;
    const account = { id: this.store.newId(), login, createdAt: this.now(), ...(type && { type }) };
    this.store.state.accounts.push(account);
    return account;
  }

  findAccount(login: string): Account | undefined {
    return this.store.state.accounts.find((account) => same(account.login, login));
  }

  repository(owner: string, name: string): Repository | undefined {
    return this.store.state.repositories.find(
      (candidate) => same(candidate.owner, owner) && same(candidate.name, name),
    );
  }

  /** The repository that once had this name, unless another one has it now; the last that had it, if several had. */
  movedRepository(owner: string, name: string): Repository | undefined {
    if (this.repository(owner, name)) return undefined;
    return this.store.state.repositories.findLast(
      (candidate) => same(candidate.owner, owner) && candidate.formerNames.some((former) => same(former, name)),
    );
  }

  /** By the name it has, or else by one it had. */
  anyRepository(owner: string, name: string): Repository | undefined {
    return this.repository(owner, name) ?? this.movedRepository(owner, name);
  }

  repositoryById(id: number): Repository | undefined {
    return this.store.state.repositories.find((candidate) => candidate.id === id);
  }

  /** The tip of a branch, as it was when a push or another change of it was over. */
  branch(repository: Repository, name: string): string | undefined {
    return repository.branches?.[`refs/heads/${name}`];
  }

  forksOf(repository: Repository): readonly Repository[] {
    return this.store.state.repositories.filter((candidate) => candidate.parentId === repository.id);
  }

  git(repository: Repository): GitRepository {
    return new GitRepository(join(this.#options.dataFolder, "repositories", `${repository.folder}.git`));
  }

  async addRepository(owner: string, name: string, firstNumber: number, parent?: Repository): Promise<Repository> {
    const now = this.now();
    const id = this.store.newId();
    const account = this.account(owner).login;
    const repository: Repository = {
      id,
      owner: account,
      name,
      formerNames: [],
      folder: this.#freeFolder(`${account}/${name}`, id),
      ...(parent && { parentId: parent.id }),
      defaultBranch: parent?.defaultBranch ?? "main",
      createdAt: now,
      pushedAt: parent?.pushedAt ?? now,
      nextNumber: firstNumber,
      labels: [],
      issues: [],
      comments: [],
      reviews: [],
      statuses: [],
      deployments: [],
      webhooks: [],
      activities: [],
    };
    await this.git(repository).create(repository.defaultBranch, parent && this.git(parent));
    // Branches that come with a fork are no activity of it.
    repository.branches = Object.fromEntries(await this.git(repository).refs("refs/heads/"));
    this.store.state.repositories.push(repository);
    return repository;
  }

  /** A repository that was renamed keeps its folder, which another one with its old name cannot have. */
  #freeFolder(wanted: string, id: number): string {
    const taken = this.store.state.repositories.some(({ folder }) => same(folder, wanted));
    return taken ? `${wanted}.${id}` : wanted;
  }

  async deleteRepository(repository: Repository): Promise<void> {
    const { repositories } = this.store.state;
    repositories.splice(repositories.indexOf(repository), 1);
    for (const { pull } of repositories.flatMap((other) => this.pullRequests(other))) {
      if (pull.head.repositoryId === repository.id) pull.head.formerOwner = repository.owner;
    }
    // First of all it is gone from the state: a repository without its git would keep the host from starting.
    this.store.save();
    await rm(this.git(repository).folder, { recursive: true, force: true });
  }

  permission(login: string, repository: Repository): Permission {
    if (same(login, repository.owner)) return "admin";
    const credential = this.#options.credentials.find((candidate) => same(candidate.login, login));
    const own = repository.parentId === undefined ? credential?.permission : undefined;
    return own ?? (repository.private === true ? "none" : "read");
  }

  may(login: string, needed: Permission, repository: Repository): boolean {
    return permissions.indexOf(this.permission(login, repository)) >= permissions.indexOf(needed);
  }

  association(login: string, repository: Repository): ReturnType<typeof authorAssociation> {
    return authorAssociation({
      isOwner: same(login, repository.owner),
      permission: this.permission(login, repository),
      hasMergedPullRequest: this.pullRequests(repository).some(
        ({ author, pull }) => author === login && pull.mergedAt !== null,
      ),
    });
  }

  pullRequests(repository: Repository): readonly PullRequest[] {
    return repository.issues.filter(isPullRequest);
  }

  /** Whose branch a pull request is made from, also when the fork is gone. */
  headOwner(repository: Repository, { pull }: PullRequest): string {
    return this.repositoryById(pull.head.repositoryId)?.owner ?? pull.head.formerOwner ?? repository.owner;
  }
}

/** Logins and repository names differ on GitHub only by more than case. */
export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
