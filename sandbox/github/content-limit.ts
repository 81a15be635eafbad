import { ApiError } from "./api-error.ts";

const windowMs = 60_000;

/** GitHub's secondary limit on creating content: so many writing requests of one user in any minute. */
export class ContentLimit {
  readonly #limit: number;
  readonly #now: () => Date;
  readonly #times = new Map<string, readonly number[]>();

  constructor(limit: number, now: () => Date) {
    this.#limit = limit;
    this.#now = now;
  }

  /** @throws ApiError the refusal, with the time to wait, once the limit is reached. What is refused does not count. */
  count(login: string | undefined): void {
    const now = this.#now().getTime();
    const recent = (this.#times.get(login ?? "") ?? []).filter((time) => now - time < windowMs);
    const [oldest = now] = recent.slice(-this.#limit);
    if (recent.length >= this.#limit) throw beyondContentLimit(Math.ceil((oldest + windowMs - now) / 1000));
    this.#times.set(login ?? "", [...recent, now]);
  }
}

/** @param retryAfter seconds */
export function beyondContentLimit(retryAfter: number): ApiError {
  const message =
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. " +
    "Please retry your request again later.";
  return new ApiError(403, message, {
    documentation: "rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits",
    headers: { "retry-after": String(retryAfter) },
  });
}

/** Requests that make or change content. */
export function createsContent(method: string, operationId: string): boolean {
  return ["POST", "PATCH", "PUT"].includes(method) && !operationId.startsWith("apps/");
}
