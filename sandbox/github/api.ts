import { createHash, randomUUID } from "node:crypto";
import { OpenAPIBackend, type Operation, type ValidationResult } from "openapi-backend";
import pLimit from "p-limit";
import { ApiError, badCredentials, forbidden, notFound } from "./api-error.ts";
import { ok, type Answer, type Handler, type Operations } from "./call.ts";
import { tokenOf } from "./credentials.ts";
import { readDescription, type Description } from "./description.ts";
import type { Hub } from "./hub.ts";
import { fullName, type Account } from "./model.ts";
import { linkHeader } from "./pagination.ts";
import { encodeRefSegment } from "./paths.ts";
import { RateLimit, rateLimitHeaders, renderRateLimit } from "./rate-limit.ts";
import { describeViolation, requestError, type Violation } from "./request-errors.ts";

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
}

export interface ApiOptions {
  readonly hub: Hub;
  readonly operations: Operations;
  /** Requests an hour for each user. */
  readonly rateLimit: number;
  readonly now: () => Date;
  readonly log: (line: string) => void;
}

/** GitHub's REST API: every request and every answer is checked against GitHub's own OpenAPI description. */
export class Api {
  readonly #options: ApiOptions;
  readonly #operations: Operations;
  readonly #description: Description;
  readonly #openapi: OpenAPIBackend;
  readonly #rateLimit: RateLimit;
  readonly #oneAtATime = pLimit(1);

  static async create(options: ApiOptions): Promise<Api> {
    const api = new Api(options);
    await api.#openapi.init();
    return api;
  }

  private constructor(options: ApiOptions) {
    this.#options = options;
    this.#rateLimit = new RateLimit(options.rateLimit, options.now);
    this.#operations = {
      ...options.operations,
      "rate-limit/get": ({ user }) => ok(renderRateLimit(this.#rateLimit.usage(user?.login))),
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

  /** Runs what changes something after what already runs; also used for the effects of a push. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#oneAtATime(async () => {
      try {
        return await task();
      } finally {
        this.#options.hub.store.save();
      }
    });
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { answer, login } = await this.#answer(request);
    const body = answer.status === 204 ? "" : JSON.stringify(answer.body);
    const etag = `W/"${createHash("sha256")
      .update(body)
      .update(answer.headers?.["link"] ?? "")
      .digest("hex")}"`;
    const cacheable = answer.status === 200 && (request.method === "GET" || request.method === "HEAD");
    const unchanged = cacheable && matchesEtag(request.headers["if-none-match"], etag);
    // GitHub does not count what has not changed, nor questions about the limit itself.
    if (!unchanged && request.path !== "/rate_limit") this.#rateLimit.count(login);
    const headers = {
      "x-github-request-id": randomUUID(),
      "x-github-media-type": "github.v3; format=json",
      "x-github-api-version-selected": "2022-11-28",
      ...rateLimitHeaders(this.#rateLimit.usage(login)),
      ...(cacheable && { etag, "cache-control": "private, max-age=60, s-maxage=60", vary: "Accept, Authorization" }),
      ...(body !== "" && !unchanged && { "content-type": "application/json; charset=utf-8" }),
      ...answer.headers,
    };
    return unchanged ? { status: 304, headers, body: "" } : { status: answer.status, headers, body };
  }

  async #answer(request: ApiRequest): Promise<{ readonly answer: Answer; readonly login?: string }> {
    let user: Account | undefined;
    const answer = await answered(async () => {
      user = this.#authenticate(request);
      this.#refuseBeyondLimit(request, user);
      return this.#dispatch(request, user);
    }).catch((error: unknown) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.log(`error: ${request.method} ${request.path}: ${reason}`);
      return { status: 500, body: new ApiError(500, "Server Error").body };
    });
    return { answer, ...(user && { login: user.login }) };
  }

  #authenticate({ headers }: ApiRequest): Account | undefined {
    const authorization = headers["authorization"];
    if (typeof authorization !== "string") return undefined;
    const account = this.#options.hub.accountOfToken(tokenOf(authorization));
    if (!account) throw badCredentials();
    return account;
  }

  #refuseBeyondLimit({ path }: ApiRequest, user: Account | undefined): void {
    if (path === "/rate_limit" || this.#rateLimit.usage(user?.login).remaining > 0) return;
    throw forbidden(`API rate limit exceeded for ${user ? `user ID ${user.id}` : "this address"}.`);
  }

  async #dispatch(request: ApiRequest, user: Account | undefined): Promise<Answer> {
    const path = encodeRefSegment(this.#withRepositoryName(request.path));
    if (!isText(path)) throw notFound();
    const method = request.method === "HEAD" ? "GET" : request.method;
    const operation = this.#match(method, path);
    const handler = this.#operations[operation.operationId ?? ""];
    if (!handler) throw notFound();
    const checked = this.#check(operation, { ...request, method, path });
    const run = () => this.#run(operation, handler, user, checked);
    const answer = await (method === "GET" ? run() : this.exclusively(run));
    const link = answer.list && linkHeader(this.#listUrl(path, request.query), answer.list, answer.list.total);
    return link === undefined ? answer : { ...answer, headers: { ...answer.headers, link } };
  }

  #match(method: string, path: string): Operation {
    const operation = this.#openapi.router.matchOperation({ method, path, headers: {} });
    if (operation) return operation;
    if (!this.#description.knows(method, path)) throw notFound();
    throw new ApiError(501, `${method} ${path} is part of GitHub's API, but not of this emulator.`);
  }

  /** The parameters of an acceptable request, all in one object, as octokit passes them. */
  #check(operation: Operation, request: ApiRequest): Record<string, unknown> {
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
  async #run(
    operation: Operation,
    handler: Handler,
    user: Account | undefined,
    input: Record<string, unknown>,
  ): Promise<Answer> {
    const answer = await answered(() => handler({ hub: this.#options.hub, user, input }));
    const violations = this.#violations(operation, answer);
    if (violations.length === 0) return answer;
    const message = `The answer ${answer.status} to ${operation.operationId ?? ""} is not what GitHub's description promises`;
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

  #listUrl(path: string, query: string): URL {
    const { hub } = this.#options;
    const [, , owner = "", name = "", ...rest] = path.split("/");
    const repository = path.startsWith("/repos/") ? hub.repository(owner, name) : undefined;
    const stable = repository ? ["/repositories", repository.id, ...rest].join("/") : path;
    return new URL(`${hub.urls.api}${stable}${query === "" ? "" : `?${query}`}`);
  }
}

/** A refusal thrown anywhere below is an answer like any other. */
async function answered(work: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, body: error.body };
  }
}

/** Refusals that GitHub gives on every operation, listed there or not. */
const commonRefusals = new Set([401, 403, 404, 422]);

function undocumented(status: number, body: unknown): readonly string[] {
  if (!commonRefusals.has(status)) return [`status ${status} is not among the documented ones`];
  const message = typeof body === "object" && body !== null && "message" in body ? body.message : undefined;
  return typeof message === "string" ? [] : ["an error needs a message"];
}

function parseBody(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
  throw new ApiError(400, "Body should be a JSON object");
}

function pathParameters(operation: Operation, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const numbers = new Set(
    (operation.parameters ?? []).flatMap((parameter) =>
      "in" in parameter && parameter.in === "path" && isInteger(parameter.schema) ? [parameter.name] : [],
    ),
  );
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]),
  );
}

function isText(path: string): boolean {
  try {
    return decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
}

function isInteger(schema: object | undefined): boolean {
  return schema !== undefined && "type" in schema && schema.type === "integer";
}

function withoutUndefined(headers: ApiRequest["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function matchesEtag(header: string | string[] | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  const wanted = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map(bare);
  return wanted.includes("*") || wanted.includes(bare(etag));
}
