import { join } from "node:path";
import { authorAssociation } from "./author-association.ts";
import type { Credential } from "./credentials.ts";
import { GitRepository } from "./git-repository.ts";
import {
  fullName,
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
  account(login: string): Account {
    const known = this.findAccount(login);
    if (known) return known;
    const account = { id: this.store.newId(), login, createdAt: this.now() };
    this.store.state.accounts.push(account);
    return account;
  }

  findAccount(login: string): Account | undefined {
    return this.store.state.accounts.find((account) => same(account.login, login));
  }

  accountOfToken(token: string): Account | undefined {
    const credential = this.#options.credentials.find((candidate) => candidate.token === token);
    return credential && this.account(credential.login);
  }

  repository(owner: string, name: string): Repository | undefined {
    return this.store.state.repositories.find(
      (candidate) => same(candidate.owner, owner) && same(candidate.name, name),
    );
  }

  repositoryById(id: number): Repository | undefined {
    return this.store.state.repositories.find((candidate) => candidate.id === id);
  }

  forksOf(repository: Repository): readonly Repository[] {
    return this.store.state.repositories.filter((candidate) => candidate.parentId === repository.id);
  }

  git(repository: Repository): GitRepository {
    return new GitRepository(join(this.#options.dataFolder, "repositories", `${fullName(repository)}.git`));
  }

  async addRepository(owner: string, name: string, firstNumber: number, parent?: Repository): Promise<Repository> {
    const now = this.now();
    const repository: Repository = {
      id: this.store.newId(),
      owner: this.account(owner).login,
      name,
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
    };
    await this.git(repository).create(repository.defaultBranch, parent && this.git(parent));
    this.store.state.repositories.push(repository);
    return repository;
  }

  permission(login: string, repository: Repository): Permission {
    if (same(login, repository.owner)) return "admin";
    const credential = this.#options.credentials.find((candidate) => same(candidate.login, login));
    return repository.parentId === undefined && credential ? credential.permission : "read";
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
}

/** Logins and repository names differ on GitHub only by more than case. */
function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
