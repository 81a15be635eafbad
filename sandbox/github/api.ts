import { randomUUID } from "node:crypto";
import { OpenAPIBackend, type Operation, type ValidationResult } from "openapi-backend";
import pLimit from "p-limit";
import { AnswerCache } from "./answer-cache.ts";
import { ApiError, badCredentials, moved, notFound } from "./api-error.ts";
import type { Apps } from "./apps.ts";
import { ok, type Answer, type Handler, type Operations } from "./call.ts";
import type { Caller, Callers } from "./caller.ts";
import { ContentLimit, createsContent } from "./content-limit.ts";
import { cursorLinkHeader } from "./cursor-pages.ts";
import { readDescription, type Description } from "./description.ts";
import { etagOf, matchesEtag } from "./etag.ts";
import type { Hub } from "./hub.ts";
import type { Fault, Intercept, InterceptedAnswer } from "./interception.ts";
import { fullName, type Repository } from "./model.ts";
import { linkHeader } from "./pagination.ts";
import { encodeRefSegment } from "./paths.ts";
import { beyondRateLimit, RateLimit, rateLimitHeaders, renderRateLimit } from "./rate-limit.ts";
import { describeViolation, requestError, type Violation } from "./request-errors.ts";
import { isText, parseBody, pathParameters, withoutUndefined } from "./request-input.ts";
import { acceptedPermissions, refuseBeyondGrant } from "./token-permissions.ts";

export interface ApiRequest {
  readonly method: string;
  /** Below the API's root, without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What was asked for, where that is known. */
  readonly operationId?: string;
  readonly fault?: Fault;
}

export interface ApiOptions {
  readonly hub: Hub;
  readonly apps: Apps;
  readonly callers: Callers;
  readonly operations: Operations;
  /** Requests an hour for each user. */
  readonly rateLimit: number;
  /** Writing requests a minute for each user; no limit by default. */
  readonly contentLimit: number | undefined;
  readonly intercept: Intercept | undefined;
  /** Runs when something may have happened, before anything else can. */
  readonly observe: (by: string | undefined) => Promise<void>;
  readonly now: () => Date;
  readonly log: (line: string) => void;
}

/** What a request is about. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly operationId: string;
  readonly handler: Handler;
  readonly repository: Repository | undefined;
  /** By the repository's id: what links to other pages of the answer go by. */
  readonly stableUrl: URL;
}

type Input = Readonly<Record<string, unknown>>;

interface CachedAnswer {
  readonly route: Route;
  readonly input: Input;
  readonly finished: Finished;
}

/** An answer as it goes out, but for what is different every time. */
interface Finished {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly etag: string;
  readonly operationId?: string;
  readonly fault?: Fault;
}

const mostCachedCharacters = 64 * 1024 * 1024;

/** GitHub's REST API: every request and every answer is checked against GitHub's own OpenAPI description. */
export class Api {
  readonly #options: ApiOptions;
  readonly #operations: Operations;
  readonly #description: Description;
  readonly #openapi: OpenAPIBackend;
  readonly #rateLimit: RateLimit;
  readonly #contentLimit: ContentLimit | undefined;
  readonly #cache = new AnswerCache<CachedAnswer>(mostCachedCharacters);
  readonly #oneAtATime = pLimit(1);

  static async create(options: ApiOptions): Promise<Api> {
    const api = new Api(options);
    await api.#openapi.init();
    return api;
  }

  private constructor(options: ApiOptions) {
    this.#options = options;
    const { rateLimit, contentLimit, now } = options;
    this.#rateLimit = new RateLimit(rateLimit, now);
    this.#contentLimit = contentLimit === undefined ? undefined : new ContentLimit(contentLimit, now);
    this.#operations = {
      ...options.operations,
      "rate-limit/get": ({ caller }) => ok(renderRateLimit(this.#rateLimit.usage(nameOf(caller)))),
    };
    this.#description = readDescription(new Set(Object.keys(this.#operations)));
    this.#openapi = new OpenAPIBackend({
      definition: this.#description.document,
      // Checks are compiled when they are first needed.
      quick: true,
      strict: true,
      coerceTypes: true,
      ajvOpts: { strict: false, allErrors: true, logger: false },
      customizeAjv: (ajv) => {
        ajv.addFormat("date-time", (text: string) => text.includes("T") && !Number.isNaN(Date.parse(text)));
        // Some URIs of the description are empty by default.
        ajv.addFormat("uri", (text: string) => text === "" || URL.canParse(text));
        return ajv;
      },
    });
  }

  /**
   * Runs what changes something after what already runs; also used for the effects of a push.
   *
   * @param by login of who is behind it
   */
  exclusively<T>(task: () => Promise<T>, by?: string): Promise<T> {
    return this.#oneAtATime(async () => {
      try {
        return await task();
      } finally {
        this.#options.hub.store.save();
        await this.#options.observe(by);
      }
    });
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { finished, name } = await this.#finished(request);
    const { status, body, etag, operationId, fault } = finished;
    const cacheable = status === 200 && isReading(request.method);
    const unchanged = cacheable && matchesEtag(request.headers["if-none-match"], etag);
    // GitHub does not count what has not changed, nor questions about the limit itself.
    if (!unchanged && request.path !== "/rate_limit") this.#rateLimit.count(name);
    const accepted = acceptedPermissions[operationId ?? ""];
    const headers = {
      date: this.#options.now().toUTCString(),
      "x-github-request-id": randomUUID(),
      "x-github-media-type": "github.v3; format=json",
      "x-github-api-version-selected": "2022-11-28",
      ...(accepted !== undefined && { "x-accepted-github-permissions": accepted }),
      ...rateLimitHeaders(this.#rateLimit.usage(name)),
      ...(cacheable && { etag, "cache-control": "private, max-age=60, s-maxage=60", vary: "Accept, Authorization" }),
      ...(body !== "" && !unchanged && { "content-type": "application/json; charset=utf-8" }),
      ...finished.headers,
    };
    return {
      ...(unchanged ? { status: 304, headers, body: "" } : { status, headers, body }),
      ...(operationId !== undefined && { operationId }),
      ...(fault && { fault }),
    };
  }

  /** The answer, and the name under which the request counts. */
  async #finished(request: ApiRequest): Promise<{ readonly finished: Finished; readonly name?: string }> {
    const { method, path } = request;
    let name: string | undefined;
    let route: Route | undefined;
    const work = async (): Promise<Finished> => {
      const authorization = request.headers["authorization"]?.toString();
      const caller = this.#options.callers.byAuthorization(authorization);
      name = nameOf(caller);
      this.#refuseBeyondLimit(request, caller, name);
      const { revision } = this.#options.hub.store;
      const key = `${authorization ?? ""}\n${path}?${request.query}`;
      const cached = isReading(method) ? this.#cache.get(key, revision) : undefined;
      const known = (route = cached?.route ?? this.#route(request));
      const input = cached?.input ?? this.#admit(known, request, caller);
      const { operationId } = known;
      const stableUrl = known.stableUrl.href;
      const impostor = this.#options.intercept?.({ method, path, stableUrl, operationId, input, login: name });
      if (cached && !impostor) return cached.finished;
      const truth = (changes: object = {}) => this.#run(known, { ...input, ...changes }, caller);
      const finished = finish(await (impostor ? impostor(truth) : truth()), known);
      if (!impostor && isReading(method) && finished.status === 200 && !dependsOnTime(operationId, input)) {
        this.#cache.set(key, revision, { route: known, input, finished }, finished.body.length);
      }
      return finished;
    };
    const finished = await work().catch((error: unknown) => finish(this.#refusal(request, error), route));
    return { finished, ...(name !== undefined && { name }) };
  }

  /** What was thrown is an answer, too: a refusal, or the words of a server in trouble. */
  #refusal({ method, path }: ApiRequest, error: unknown): Answer {
    if (error instanceof ApiError) return refusal(error);
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log(`error: ${method} ${path}: ${reason}`);
    return refusal(new ApiError(500, "Server Error"));
  }

  #refuseBeyondLimit({ path }: ApiRequest, { user }: Caller, name: string | undefined): void {
    if (path === "/rate_limit" || this.#rateLimit.usage(name).remaining > 0) return;
    throw beyondRateLimit(user ? `user ID ${user.id}` : (name ?? "this address"));
  }

  /** @throws ApiError for what there is not, or is elsewhere by now */
  #route(request: ApiRequest): Route {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const path = encodeRefSegment(this.#withRepositoryName(request.path));
    if (!isText(path)) throw notFound();
    const repository = this.#repositoryIn(method, path, request.query);
    const operation = this.#match(method, path);
    const operationId = operation.operationId ?? "";
    const handler = this.#operations[operationId];
    if (!handler) throw notFound();
    const stableUrl = this.#stableUrl(path, request.query, repository);
    return { method, path, operation, operationId, handler, repository, stableUrl };
  }

  /** @throws ApiError for what GitHub refuses before it looks at the matter itself */
  #admit({ method, path, operation, operationId, repository }: Route, request: ApiRequest, caller: Caller): Input {
    if (caller.app && !operationId.startsWith("apps/")) throw badCredentials();
    if (caller.grant) refuseBeyondGrant(caller.grant, operationId, repository);
    const input = this.#check(operation, { ...request, method, path });
    if (createsContent(method, operationId)) this.#contentLimit?.count(nameOf(caller));
    return input;
  }

  #match(method: string, path: string): Operation {
    const operation = this.#openapi.router.matchOperation({ method, path, headers: {} });
    if (operation) return operation;
    if (!this.#description.knows(method, path)) throw notFound();
    throw new ApiError(501, `${method} ${path} is part of GitHub's API, but not of this emulator.`);
  }

  /** The parameters of an acceptable request, all in one object, as octokit passes them. */
  #check(operation: Operation, request: ApiRequest): Input {
    const { method, path, query, headers } = request;
    const body = parseBody(request.body);
    const shape = { method, path, query, headers: withoutUndefined(headers), body: body as object };
    const result: ValidationResult<object> = this.#openapi.validator.validateRequest(shape, operation);
    const { errors, coerced } = result;
    const problem = requestError(operation.operationId ?? "", (errors ?? []) as readonly Violation[]);
    if (problem) throw problem;
    const params = this.#openapi.router.parseRequest(shape, operation).params as Record<string, string>;
    const accepted = coerced as { readonly query?: object } | undefined;
    return {
      ...accepted?.query,
      ...(Array.isArray(body) ? { body } : (body as object | undefined)),
      ...pathParameters(operation, params),
    };
  }

  /** Runs the handler and checks what it says, yes or no, before anyone hears it. */
  async #run({ method, operation, operationId, handler }: Route, input: Input, caller: Caller): Promise<Answer> {
    const { hub, apps } = this.#options;
    const run = async () => {
      try {
        return await handler({ hub, apps, caller, user: caller.user, input });
      } catch (error) {
        if (error instanceof ApiError) return refusal(error);
        throw error;
      }
    };
    const answer = await (isReading(method) ? run() : this.exclusively(run, caller.user?.login));
    const violations = this.#violations(operation, answer);
    if (violations.length === 0) return answer;
    const message = `The answer ${answer.status} to ${operationId} is not what GitHub's description promises`;
    this.#options.log(`violation: ${message}: ${violations.join("; ")}`);
    return { status: 500, body: { message, violations, documentation_url: "https://docs.github.com/rest" } };
  }

  #violations(operation: Operation, { status, body }: Answer): readonly string[] {
    // What travels is JSON: a field that is undefined is not there.
    const json: unknown = body === undefined ? null : JSON.parse(JSON.stringify(body));
    if (!(String(status) in (operation.responses ?? {}))) return undocumented(status, json);
    const { errors } = this.#openapi.validator.validateResponse(json, operation, status);
    return ((errors ?? []) as readonly Violation[]).map(describeViolation);
  }

  /** `/repositories/ID/…` is another name of `/repos/OWNER/NAME/…`; GitHub uses it in links, because it survives renames. */
  #withRepositoryName(path: string): string {
    const parts = /^\/repositories\/(\d+)(\/.*)?$/.exec(path);
    if (!parts) return path;
    const repository = this.#options.hub.repositoryById(Number(parts[1]));
    if (!repository) throw notFound();
    return `/repos/${fullName(repository)}${parts[2] ?? ""}`;
  }

  /** @throws ApiError that sends the client on, for a name the repository had before */
  #repositoryIn(method: string, path: string, query: string): Repository | undefined {
    const [, root, owner = "", name = ""] = path.split("/");
    if (root !== "repos") return undefined;
    const wanted = [decodeURIComponent(owner), decodeURIComponent(name)] as const;
    const elsewhere = this.#options.hub.movedRepository(...wanted);
    if (elsewhere) throw moved(method, this.#stableUrl(path, query, elsewhere).href);
    return this.#options.hub.repository(...wanted);
  }

  #stableUrl(path: string, query: string, repository: Repository | undefined): URL {
    const stable = repository ? ["/repositories", repository.id, ...path.split("/").slice(4)].join("/") : path;
    return new URL(`${this.#options.hub.urls.api}${stable}${query === "" ? "" : `?${query}`}`);
  }
}

function refusal({ status, body, details }: ApiError): Answer {
  return { status, body, ...(details.headers && { headers: details.headers }) };
}

function finish(answer: InterceptedAnswer, route: Route | undefined): Finished {
  const { status, fault } = answer;
  const link = (route && linkOf(answer, route.stableUrl)) ?? answer.headers?.["link"];
  const body = answer.text ?? (status === 204 ? "" : JSON.stringify(answer.body));
  return {
    status,
    body,
    etag: etagOf(body, link ?? ""),
    headers: { ...answer.headers, ...(link !== undefined && { link }) },
    ...(route && { operationId: route.operationId }),
    ...(fault && { fault }),
  };
}

function linkOf({ list, cursors }: Answer, url: URL): string | undefined {
  if (list) return linkHeader(url, list, list.total);
  return cursors && cursorLinkHeader(url, cursors);
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** Answers that change although nothing has happened. */
function dependsOnTime(operationId: string, input: Input): boolean {
  return operationId === "rate-limit/get" || input["time_period"] !== undefined;
}

/** What the requests of a caller are counted by. */
function nameOf({ user, app }: Caller): string | undefined {
  return user?.login ?? app?.slug;
}

/** Refusals that GitHub gives on every operation, listed there or not. */
const commonRefusals = new Set([401, 403, 404, 422]);

function undocumented(status: number, body: unknown): readonly string[] {
  if (!commonRefusals.has(status)) return [`status ${status} is not among the documented ones`];
  const message = typeof body === "object" && body !== null && "message" in body ? body.message : undefined;
  return typeof message === "string" ? [] : ["an error needs a message"];
}
