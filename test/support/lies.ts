import { setTimeout as sleep } from "node:timers/promises";
import type { Impostor, Intercept, InterceptedAnswer, InterceptedRequest } from "../../sandbox/github/interception.ts";

/** Something untrue that GitHub may say, and about which requests it says so. */
export interface Lie {
  readonly about: (request: InterceptedRequest) => boolean;
  readonly tell: (request: InterceptedRequest, truth: Truth) => Promise<InterceptedAnswer> | InterceptedAnswer;
}

type Truth = Parameters<Impostor>[0];

export interface Telling {
  /** How often it was told. */
  readonly told: number;
  stop(): void;
}

/** Lies a host tells while they are switched on; off, all of them, to begin with. */
export class Lies {
  readonly #active = new Set<ActiveLie>();

  /** For `HostOptions.intercept`. */
  readonly intercept: Intercept = (request) => {
    const active = [...this.#active].findLast(({ lie }) => lie.about(request));
    if (!active) return undefined;
    active.told++;
    if (active.told >= active.times) this.#active.delete(active);
    return async (truth) => active.lie.tell(request, truth);
  };

  /** @param times how often it is told, before the truth comes out by itself. Of several lies the latest is told. */
  tell(lie: Lie, times = Infinity): Telling {
    const active = { lie, times, told: 0 };
    this.#active.add(active);
    return {
      get told() {
        return active.told;
      },
      stop: () => this.#active.delete(active),
    };
  }

  /** Nothing but the truth from now on. */
  stop(): void {
    this.#active.clear();
  }
}

interface ActiveLie {
  readonly lie: Lie;
  readonly times: number;
  told: number;
}

/** Everything but questions about the rate limit, or only these operations. */
function aboutOperations(operationIds: readonly string[]): Lie["about"] {
  return ({ operationId }) =>
    operationIds.length === 0 ? operationId !== "rate-limit/get" : operationIds.includes(operationId);
}

const aboutPullRequests = aboutOperations(["pulls/list"]);

/** There are no open pull requests. */
export function emptyList(): Lie {
  return {
    about: aboutPullRequests,
    tell: async (_request, truth) => ({ ...(await truth()), body: [], list: { page: 1, perPage: 100, total: 0 } }),
  };
}

/** These pull requests are missing in lists, though they are open. */
export function shortList(...numbers: readonly number[]): Lie {
  return {
    about: aboutPullRequests,
    tell: async (_request, truth) => {
      const answer = await truth();
      return { ...answer, body: items(answer).filter(({ number }) => !numbers.includes(Number(number))) };
    },
  };
}

/** Everything behind the first page has moved up by one, as when one of that page is closed meanwhile: one item is never seen. */
export function shiftedPage(): Lie {
  return {
    about: (request) => aboutPullRequests(request) && pageOf(request) > 1,
    tell: async (request, truth) => {
      const answer = await truth();
      const next = await truth({ page: pageOf(request) + 1 });
      return {
        ...answer,
        body: [...items(answer).slice(1), ...items(next).slice(0, 1)],
        ...(answer.list && { list: { ...answer.list, total: answer.list.total - 1 } }),
      };
    },
  };
}

/** Every page but the first is the one before it once more. */
export function repeatedPage(): Lie {
  return {
    about: (request) => aboutPullRequests(request) && pageOf(request) > 1,
    tell: async (request, truth) => {
      const before = await truth({ page: pageOf(request) - 1 });
      return { ...before, ...(before.list && { list: { ...before.list, page: pageOf(request) } }) };
    },
  };
}

/** The list is that of another repository ("owner/name"). */
export function foreignList(fullName: string): Lie {
  const [owner, repo] = fullName.split("/");
  return { about: aboutPullRequests, tell: (_request, truth) => truth({ owner, repo }) };
}

/** There is no such pull request. */
export function missingPullRequest(number: number): Lie {
  return {
    about: ({ operationId, input }) => operationId === "pulls/get" && input["pull_number"] === number,
    tell: () => refusal(404, "Not Found"),
  };
}

/** A server in trouble: about everything, or about these operations. */
export function serverError(status: 500 | 502 | 503, ...operationIds: readonly string[]): Lie {
  return {
    about: aboutOperations(operationIds),
    tell: () =>
      status === 500
        ? refusal(status, "Server Error")
        : { ...refusal(status, ""), text: "<html>Unicorn!</html>", headers: { "content-type": "text/html" } },
  };
}

/** All requests of this hour were made. */
export function rateLimitExhausted(reset: Date, status: 403 | 429 = 403): Lie {
  const headers = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-used": "5000",
    "x-ratelimit-reset": String(Math.ceil(reset.getTime() / 1000)),
  };
  return {
    about: aboutOperations([]),
    tell: () => ({ ...refusal(status, "API rate limit exceeded for user ID 1."), headers }),
  };
}

/** Too much at once: about everything, or about these operations. */
export function secondaryLimit(retryAfterSeconds: number, ...operationIds: readonly string[]): Lie {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return {
    about: aboutOperations(operationIds),
    tell: () => ({ ...refusal(403, message), headers: { "retry-after": String(retryAfterSeconds) } }),
  };
}

/** The token has lost its permissions; for a private repository GitHub does not even say that there is one. */
export function permissionLost(as: 403 | 404, ...operationIds: readonly string[]): Lie {
  const message = as === 404 ? "Not Found" : "Resource not accessible by personal access token";
  return {
    about: (request) => aboutOperations(operationIds)(request) && "repo" in request.input,
    tell: () => refusal(as, message),
  };
}

/** The repository has another name by now: the old one leads to its id, and there the new one is told. */
export function renamed(from: string, to: string): Lie {
  const [owner, oldName] = from.split("/");
  const newName = to.split("/")[1];
  const rename = (_key: string, value: unknown): unknown => {
    if (typeof value === "string") return value.replaceAll(from, to);
    const isRepository = typeof value === "object" && value !== null && "full_name" in value && value.full_name === to;
    return isRepository ? { ...value, name: newName } : value;
  };
  return {
    about: ({ input }) => input["owner"] === owner && (input["repo"] === oldName || input["repo"] === newName),
    tell: async ({ method, path, stableUrl, input }, truth) => {
      if (input["repo"] === oldName && path.startsWith("/repos/")) {
        const [status, message] = method === "GET" ? [301, "Moved Permanently"] : [307, "Temporary Redirect"];
        return { status, body: { message, url: stableUrl }, headers: { location: stableUrl } };
      }
      const answer = await truth({ repo: oldName });
      return { ...answer, body: JSON.parse(JSON.stringify(answer.body), rename) as unknown };
    },
  };
}

/** The body ends in the middle, and the connection says that this is all of it. */
export function truncatedBody(...operationIds: readonly string[]): Lie {
  return {
    about: aboutOperations(operationIds),
    tell: async (_request, truth) => {
      const answer = await truth();
      const text = JSON.stringify(answer.body);
      return { ...answer, text: text.slice(0, Math.floor(text.length / 2)) };
    },
  };
}

/** The connection breaks in the middle of the body. */
export function brokenBody(...operationIds: readonly string[]): Lie {
  return {
    about: aboutOperations(operationIds),
    tell: async (_request, truth) => ({ ...(await truth()), fault: "cut" }),
  };
}

/** The connection is reset before any answer; what was asked for is done. */
export function connectionReset(...operationIds: readonly string[]): Lie {
  return {
    about: aboutOperations(operationIds),
    tell: async (_request, truth) => ({ ...(await truth()), fault: "reset" }),
  };
}

/** The truth, but late. */
export function slowAnswer(milliseconds: number, ...operationIds: readonly string[]): Lie {
  return {
    about: aboutOperations(operationIds),
    tell: async (_request, truth) => {
      // A test that has given up does not wait for it.
      await sleep(milliseconds, undefined, { ref: false });
      return truth();
    },
  };
}

function refusal(status: number, message: string): InterceptedAnswer {
  return { status, body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) } };
}

function items({ body }: InterceptedAnswer): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(body) ? (body as Readonly<Record<string, unknown>>[]) : [];
}

function pageOf({ input }: InterceptedRequest): number {
  return Number(input["page"] ?? 1);
}
