import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Api } from "./api.ts";
import type { Operations } from "./call.ts";
import { tokenOf, type Credential } from "./credentials.ts";
import { followRefs } from "./follow-refs.ts";
import { GitHttp, isPush } from "./git-http.ts";
import { Hub } from "./hub.ts";
import { operations as allOperations } from "./operations/index.ts";
import { pullRequestPage, repositoryPage } from "./page.ts";
import { apiPath, gitPath } from "./paths.ts";
import { Store } from "./store.ts";
import { Urls } from "./urls.ts";

export interface HostOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataFolder: string;
  readonly credentials: readonly Credential[];
  /** Repositories ("owner/name") that exist, empty, from the first start on. */
  readonly repositories: readonly string[];
  /** Number of the first issue or pull request of those repositories. */
  readonly firstNumber: number;
  /** Requests an hour for each user. */
  readonly rateLimit: number;
  readonly log: (line: string) => void;
  readonly operations?: Operations;
  readonly now?: () => Date;
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
  // URLs need the port, so listening comes first; a request that is early waits for the rest.
  const prepared = listen(server, options.host, options.port).then((origin) => prepare(options, new Urls(origin), git));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    logRequest(options.log, request, response);
    prepared
      .then((services) => serve(services, request, response))
      .catch((error: unknown) => {
        options.log(`error: ${describe(request)}: ${error instanceof Error ? error.message : String(error)}`);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
  });
  const { origin, api } = (await prepared).hub.urls;
  return { origin, apiUrl: api, stop: () => stop(server, git) };
}

async function prepare(options: HostOptions, urls: Urls, git: GitHttp): Promise<Services> {
  const now = options.now ?? (() => new Date());
  const store = new Store(options.dataFolder);
  const hub = new Hub({ store, urls, dataFolder: options.dataFolder, credentials: options.credentials, now });
  const { operations = allOperations, rateLimit, log } = options;
  const api = await Api.create({ hub, operations, rateLimit, log, now });
  await api.exclusively(() => addRepositories(hub, options));
  return { hub, api, git };
}

async function addRepositories(hub: Hub, { repositories, firstNumber }: HostOptions): Promise<void> {
  for (const fullName of repositories) {
    const [owner = "", name = ""] = fullName.split("/");
    const repository = hub.repository(owner, name) ?? (await hub.addRepository(owner, name, firstNumber));
    await followRefs(hub, repository, repository.owner);
  }
}

function logRequest(log: (line: string) => void, request: IncomingMessage, response: ServerResponse): void {
  const started = performance.now();
  response.on("close", () => {
    log(`${describe(request)} ${response.statusCode} ${Math.round(performance.now() - started)} ms`);
  });
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
  readonly git: GitHttp;
}

async function serve(services: Services, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", services.hub.urls.origin);
  const path = apiPath(url.pathname);
  if (path !== undefined) {
    await serveApi(services.api, path, url, request, response);
    return;
  }
  if (gitPath(url.pathname)) await serveGit(services, url, request, response);
  else servePage(services.hub, url.pathname, response);
}

async function serveApi(
  api: Api,
  path: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", headers } = request;
  const body = await readBody(request);
  const answer = await api.handle({ method, path, query: url.search.slice(1), headers, body });
  response.writeHead(answer.status, answer.headers);
  response.end(method === "HEAD" ? "" : answer.body);
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

/** Anyone may read; a push needs a token whose user may write. */
async function serveGit(
  { hub, api, git }: Services,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { owner = "", name = "", rest = "" } = gitPath(url.pathname) ?? {};
  const query = url.search.slice(1);
  const push = isPush({ path: rest, query });
  const authorization = request.headers.authorization;
  const user = authorization === undefined ? undefined : hub.accountOfToken(tokenOf(authorization));
  if (!user && (push || authorization !== undefined)) {
    const message =
      authorization === undefined ? "Authentication is needed to push.\n" : "Invalid username or token.\n";
    plain(response, 401, message, { "www-authenticate": 'Basic realm="GitHub"' });
    return;
  }
  const repository = hub.repository(owner, name);
  if (!repository) {
    plain(response, 404, "Repository not found.\n");
    return;
  }
  if (push && user && !hub.may(user.login, "write", repository)) {
    plain(response, 403, `Permission to ${owner}/${name} denied to ${user.login}.\n`);
    return;
  }
  const finished = async () => {
    if (rest !== "/git-receive-pack" || !user) return;
    await api.exclusively(async () => {
      repository.pushedAt = hub.now();
      await followRefs(hub, repository, user.login);
    });
  };
  const call = { repository: hub.git(repository), path: rest, query, user: user?.login };
  await git.serve(call, request, response, finished);
}

function servePage(hub: Hub, pathname: string, response: ServerResponse): void {
  const [, owner = "", name = "", kind, number] = pathname.split("/");
  const repository = hub.repository(owner, name);
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
