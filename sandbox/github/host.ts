import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import pLimit, { type LimitFunction } from "p-limit";
import { Api, type ApiResponse } from "./api.ts";
import { Apps, type App } from "./apps.ts";
import type { Operations } from "./call.ts";
import { Callers, type Caller } from "./caller.ts";
import { tokenOf, type Credential } from "./credentials.ts";
import { followRefs } from "./follow-refs.ts";
import { GitHttp, isPush } from "./git-http.ts";
import { Hub } from "./hub.ts";
import type { Intercept } from "./interception.ts";
import { fullName, type Account, type Repository } from "./model.ts";
import { operations as allOperations } from "./operations/index.ts";
import { pullRequestPage, repositoryPage } from "./page.ts";
import { apiPath, gitPath } from "./paths.ts";
import { Store } from "./store.ts";
import { permits } from "./token-permissions.ts";
import { Urls } from "./urls.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

export interface HostOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataFolder: string;
  /** Default: every change is on disk before its answer is out. False, for whom nobody starts again: never. */
  readonly saves?: boolean;
  readonly credentials: readonly Credential[];
  /** Repositories ("owner/name") that exist, empty, from the first start on. */
  readonly repositories: readonly string[];
  /** Number of the first issue or pull request of those repositories. */
  readonly firstNumber: number;
  /** Requests an hour for each user. */
  readonly rateLimit: number;
  readonly log: (line: string) => void;
  /** GitHub Apps, with the repositories they are installed on. */
  readonly apps?: readonly App[];
  /** Writing requests a minute for each user, beyond which GitHub's secondary rate limit answers; default: any number. */
  readonly contentLimit?: number;
  readonly operations?: Operations;
  /** Sees every request that is about to be answered, and may answer it otherwise. Only for code in this process. */
  readonly intercept?: Intercept;
  /** Hears of every request, git's as well, once its answer is out. */
  readonly onRequest?: (entry: RequestEntry) => void;
  readonly now?: () => Date;
}

export interface RequestEntry {
  readonly method: string;
  /** With the query, as it was asked for. */
  readonly path: string;
  /** 0: none went out. */
  readonly status: number;
  readonly ms: number;
  /** GitHub's name of the operation, for what is one. */
  readonly operationId?: string;
}

export interface RunningHost {
  readonly origin: string;
  readonly apiUrl: string;
  stop(): Promise<void>;
}

const maxBody = 10 * 1024 * 1024;

/** Starts the git host with its API on one port. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const git = new GitHttp();
  const server = createServer();
  // Longer than clients pause: a connection closed just as it is used again looks like a failure.
  server.keepAliveTimeout = 65_000;
  // URLs need the port, so listening comes first; a request that is early waits for the rest.
  const prepared = listen(server, options.host, options.port).then((origin) => prepare(options, new Urls(origin), git));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const trace = traceRequest(options, request, response);
    prepared
      .then((services) => serve(services, request, response, trace))
      .catch((error: unknown) => {
        options.log(`error: ${describe(request)}: ${error instanceof Error ? error.message : String(error)}`);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
  });
  const { hub, webhooks } = await prepared;
  const { origin, api } = hub.urls;
  return {
    origin,
    apiUrl: api,
    stop: async () => {
      await stop(server, git);
      await webhooks.stop();
    },
  };
}

async function prepare(options: HostOptions, urls: Urls, git: GitHttp): Promise<Services> {
  const now = options.now ?? (() => new Date());
  const store = new Store(options.dataFolder, options.saves);
  const hub = new Hub({ store, urls, dataFolder: options.dataFolder, credentials: options.credentials, now });
  const apps = new Apps(options.apps ?? [], hub, now);
  const callers = new Callers(options.credentials, hub, apps);
  const { operations = allOperations, rateLimit, contentLimit, intercept, log } = options;
  const webhooks = new Webhooks(hub, log);
  const observe = (by: string | undefined) => webhooks.observe(by);
  const api = await Api.create({
    hub,
    apps,
    callers,
    operations,
    rateLimit,
    contentLimit,
    intercept,
    observe,
    log,
    now,
  });
  await api.exclusively(async () => {
    for (const { login } of options.credentials) hub.account(login);
    await addRepositories(hub, options);
    apps.install();
  });
  return { hub, api, callers, git, webhooks, pushes: new Map() };
}

async function addRepositories(hub: Hub, { repositories, firstNumber }: HostOptions): Promise<void> {
  for (const wanted of repositories) {
    const [owner = "", name = ""] = wanted.split("/");
    if (!hub.anyRepository(owner, name)) await hub.addRepository(owner, name, firstNumber);
  }
  for (const repository of hub.store.state.repositories) await followRefs(hub, repository, repository.owner);
}

/** What is only known while a request is being answered. */
interface Trace {
  operationId?: string;
}

function traceRequest({ log, onRequest }: HostOptions, request: IncomingMessage, response: ServerResponse): Trace {
  const trace: Trace = {};
  const started = performance.now();
  response.on("close", () => {
    const { method = "", url: path = "" } = request;
    const status = response.headersSent ? response.statusCode : 0;
    const ms = performance.now() - started;
    log(`${describe(request)} ${status} ${Math.round(ms)} ms`);
    onRequest?.({ method, path, status, ms, ...trace });
  });
  return trace;
}

function describe({ method = "", url = "" }: IncomingMessage): string {
  return `${method} ${url}`;
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { address, port: actual } = server.address() as AddressInfo;
  return `http://${address.includes(":") ? `[${address}]` : address}:${actual}`;
}

async function stop(server: Server, git: GitHttp): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  git.stop();
  server.closeAllConnections();
  await closed;
}

interface Services {
  readonly hub: Hub;
  readonly api: Api;
  readonly callers: Callers;
  readonly git: GitHttp;
  readonly webhooks: Webhooks;
  /** One push at a time into each repository, so that what has changed is the doing of one user. */
  readonly pushes: Map<number, LimitFunction>;
}

async function serve(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
  trace: Trace,
): Promise<void> {
  const url = new URL(request.url ?? "/", services.hub.urls.origin);
  const path = apiPath(url.pathname);
  if (path !== undefined) {
    const { method = "GET", headers } = request;
    const body = await readBody(request);
    const answer = await services.api.handle({ method, path, query: url.search.slice(1), headers, body });
    if (answer.operationId !== undefined) trace.operationId = answer.operationId;
    send(answer, request, response);
    return;
  }
  if (gitPath(url.pathname)) await serveGit(services, url, request, response);
  else servePage(services.hub, url.pathname, response);
}

function send({ status, headers, body, fault }: ApiResponse, request: IncomingMessage, response: ServerResponse): void {
  if (fault === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  const text = request.method === "HEAD" ? "" : body;
  if (fault === "cut") {
    const bytes = Buffer.from(text);
    response.writeHead(status, { ...headers, "content-length": bytes.length });
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
    return;
  }
  response.writeHead(status, headers);
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Error(`the body is longer than ${maxBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Anyone may read what is public; a private repository and a push need a token whose user may. Former names of a repository
 * serve git as well.
 */
async function serveGit(
  { hub, api, callers, git, pushes }: Services,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { owner = "", name = "", rest = "" } = gitPath(url.pathname) ?? {};
  const query = url.search.slice(1);
  const push = isPush({ path: rest, query });
  const authorization = request.headers.authorization;
  const caller = authorization === undefined ? undefined : callers.byToken(tokenOf(authorization));
  const repository = hub.anyRepository(owner, name);
  const closed = push || repository?.private === true;
  if (!caller && (closed || authorization !== undefined)) {
    const message = authorization === undefined ? "Authentication is needed.\n" : "Invalid username or token.\n";
    plain(response, 401, message, { "www-authenticate": 'Basic realm="GitHub"' });
    return;
  }
  if (!repository || (repository.private === true && caller && !mayClone(hub, caller, repository))) {
    plain(response, 404, "Repository not found.\n");
    return;
  }
  if (push && caller && !mayPush(hub, caller, repository)) {
    plain(response, 403, `Permission to ${owner}/${name} denied to ${caller.user.login}.\n`);
    return;
  }
  const call = { repository: hub.git(repository), path: rest, query, user: caller?.user.login };
  if (rest !== "/git-receive-pack" || !caller) {
    await git.serve(call, request, response, () => Promise.resolve());
    return;
  }
  const taken = () =>
    api.exclusively(async () => {
      repository.pushedAt = hub.now();
      await followRefs(hub, repository, caller.user.login);
    }, caller.user.login);
  const queue = pushes.get(repository.id) ?? pLimit(1);
  pushes.set(repository.id, queue);
  await queue(() => git.serve(call, request, response, taken));
}

/** @returns whether user and token allow it to read what is private */
function mayClone(hub: Hub, { user, grant }: Caller & { readonly user: Account }, repository: Repository): boolean {
  if (grant && !(grant.covers(repository) && permits(grant.permissions, "contents=read"))) return false;
  return grant?.holder === "integration" || hub.may(user.login, "read", repository);
}

/** @returns whether user and token allow it: an app needs no role, but a permission */
function mayPush(hub: Hub, { user, grant }: Caller & { readonly user: Account }, repository: Repository): boolean {
  if (grant && !(grant.covers(repository) && permits(grant.permissions, "contents=write"))) return false;
  return grant?.holder === "integration" || hub.may(user.login, "write", repository);
}

function servePage(hub: Hub, pathname: string, response: ServerResponse): void {
  const [, owner = "", name = "", kind, number] = pathname.split("/");
  const elsewhere = hub.movedRepository(owner, name);
  if (elsewhere) {
    const location = hub.urls.page(`${fullName(elsewhere)}${kind === undefined ? "" : `/${kind}/${number ?? ""}`}`);
    plain(response, 301, "Moved Permanently\n", { location });
    return;
  }
  const found = hub.repository(owner, name);
  // Nobody is signed in to a page.
  const repository = found?.private === true ? undefined : found;
  const pullRequest =
    repository && hub.pullRequests(repository).find((candidate) => String(candidate.number) === number);
  const page =
    repository && kind === undefined
      ? repositoryPage(hub, repository)
      : repository && kind === "pull" && pullRequest
        ? pullRequestPage(hub, repository, pullRequest)
        : undefined;
  if (page === undefined) plain(response, 404, "Not Found\n");
  else plain(response, 200, page, { "content-type": "text/html; charset=utf-8" });
}

function plain(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
  response.end(text);
}
