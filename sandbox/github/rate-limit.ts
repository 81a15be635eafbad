import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { ApiError } from "./api-error.ts";

interface Window {
  readonly resetsAt: number;
  used: number;
}

export interface Usage {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since 1970. */
  readonly reset: number;
}

const windowSeconds = 3600;
const anonymousLimit = 60;

/** GitHub's primary rate limit: so many requests an hour for each user, far fewer without a token. */
export class RateLimit {
  readonly #windows = new Map<string, Window>();
  readonly #limit: number;
  readonly #now: () => Date;

  constructor(limit: number, now: () => Date) {
    this.#limit = limit;
    this.#now = now;
  }

  usage(login: string | undefined): Usage {
    const { used, resetsAt } = this.#window(login);
    const limit = login === undefined ? Math.min(anonymousLimit, this.#limit) : this.#limit;
    return { limit, used, remaining: Math.max(0, limit - used), reset: resetsAt };
  }

  count(login: string | undefined): void {
    this.#window(login).used++;
  }

  #window(login: string | undefined): Window {
    const key = login ?? "";
    const now = Math.floor(this.#now().getTime() / 1000);
    const current = this.#windows.get(key);
    if (current && current.resetsAt > now) return current;
    const fresh = { resetsAt: now + windowSeconds, used: 0 };
    this.#windows.set(key, fresh);
    return fresh;
  }
}

/** GitHub's refusal: `x-ratelimit-reset` says when to come back, there is no `retry-after`. */
export function beyondRateLimit(who: string): ApiError {
  return new ApiError(403, `API rate limit exceeded for ${who}.`, {
    documentation: "rest/using-the-rest-api/rate-limits-for-the-rest-api",
  });
}

export function rateLimitHeaders({ limit, used, remaining, reset }: Usage): Readonly<Record<string, string>> {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-used": String(used),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-resource": "core",
  };
}

export function renderRateLimit(usage: Usage): Rest["rateLimit"]["get"]["response"]["data"] {
  return { resources: { core: usage, search: { ...usage, used: 0, remaining: usage.limit } }, rate: usage };
}
