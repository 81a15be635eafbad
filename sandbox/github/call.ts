import { ApiError, forbidden, notFound, refused, requiresAuthentication } from "./api-error.ts";
import type { Apps } from "./apps.ts";
import type { Caller } from "./caller.ts";
import type { Hub } from "./hub.ts";
import {
  isPullRequest,
  type Account,
  type Issue,
  type Permission,
  type PullRequest,
  type Repository,
} from "./model.ts";
import type { CursorLinks } from "./cursor-pages.ts";
import { pageOf, slice, type Page } from "./pagination.ts";

/** One request to one operation, after GitHub's description has accepted it. */
export interface Call<Input> {
  readonly hub: Hub;
  readonly apps: Apps;
  readonly caller: Caller;
  /** The caller's account. */
  readonly user: Account | undefined;
  /** Path, query and body parameters together, as octokit passes them. */
  readonly input: Input;
}

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
  readonly headers?: Readonly<Record<string, string>>;
  /** Present for one page of a list: what the `Link` header is made from. */
  readonly list?: Page & { readonly total: number };
  /** The same for a list that is paged by cursors: query parameters of the pages before and after this one. */
  readonly cursors?: CursorLinks;
}

export type Handler = (call: Call<Record<string, unknown>>) => Promise<Answer> | Answer;
export type Operations = Readonly<Record<string, Handler>>;

interface Endpoint {
  readonly parameters: object;
  readonly response: { readonly data: unknown };
}

/**
 * Types a handler by octokit's own types of the endpoint. Parameters were checked against GitHub's description before the
 * handler sees them, and the answer is checked after it.
 */
export function operation<E extends Endpoint>(
  handler: (call: Call<E["parameters"]>) => Promise<Answer<E["response"]["data"]>> | Answer<E["response"]["data"]>,
): Handler {
  return (call) => handler(call);
}

export function ok<Body>(body: Body): Answer<Body> {
  return { status: 200, body };
}

export function created<Body extends { readonly url: string }>(body: Body): Answer<Body> {
  return { status: 201, body, headers: { location: body.url } };
}

/** An empty answer; octokit's types call its body `never`. */
export function noContent(): Answer<never> {
  return { status: 204, body: undefined as never };
}

/** One page of a list; only what is on the page is rendered. */
export async function page<T, Body>(
  { input }: Call<object>,
  records: readonly T[],
  render: (record: T) => Body | Promise<Body>,
): Promise<Answer<Body[]>> {
  const wanted = pageOf(input);
  const body = await Promise.all(slice(records, wanted).map(render));
  return { status: 200, body, list: { ...wanted, total: records.length } };
}

/** A private repository does not exist for those who may not read it. */
export function repositoryOf(call: Call<{ readonly owner: string; readonly repo: string }>): Repository {
  const repository = call.hub.repository(call.input.owner, call.input.repo);
  // An app that speaks for itself is answered about its installations alone, by those operations.
  const closed = repository?.private === true && call.caller.app === undefined;
  if (!repository || (closed && !may(call, repository, "read"))) throw notFound();
  return repository;
}

export function issueOf(repository: Repository, number: number): Issue {
  const issue = repository.issues.find((candidate) => candidate.number === number);
  if (!issue) throw notFound();
  return issue;
}

export function pullRequestOf(repository: Repository, number: number): PullRequest {
  const issue = issueOf(repository, number);
  if (!isPullRequest(issue)) throw notFound();
  return issue;
}

export function signedIn({ user }: Call<object>): Account {
  if (!user) throw requiresAuthentication();
  return user;
}

/** The user, who must have this permission on the repository. */
export function permitted(call: Call<object>, repository: Repository, needed: Permission): Account {
  const user = signedIn(call);
  if (!may(call, repository, needed)) {
    throw forbidden(`Must have ${needed === "admin" ? "admin rights" : `${needed} access`} to Repository.`);
  }
  return user;
}

/** Whether the caller has this permission on the repository. An app has a role nowhere: its installation says what it may. */
export function may({ hub, caller, user }: Call<object>, repository: Repository, needed: Permission): boolean {
  if (caller.grant?.holder === "integration") return caller.grant.covers(repository);
  return user !== undefined && hub.may(user.login, needed, repository);
}

/** The user, who must have written it or have this permission on the repository. */
export function authorOr(call: Call<object>, author: string, repository: Repository, needed: Permission): Account {
  return call.user?.login === author ? call.user : permitted(call, repository, needed);
}

export async function commitOf(hub: Hub, repository: Repository, revision: string): Promise<string> {
  if (hub.knownCommits.has(`${repository.id} ${revision}`)) return revision;
  const sha = await hub.git(repository).resolve(revision);
  if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${revision}`);
  hub.knownCommits.add(`${repository.id} ${sha}`);
  return sha;
}

/** GitHub's limit of a status description, in characters. */
const longestDescription = 140;

export function checkDescription(resource: string, description: string | null | undefined): void {
  if ((description?.length ?? 0) <= longestDescription) return;
  throw refused(resource, `description is too long (maximum is ${longestDescription} characters)`, "description");
}
