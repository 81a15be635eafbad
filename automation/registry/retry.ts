/** How patient one run is with a registry. Milliseconds. */
export interface Patience {
  /** The longest one request may take, its answer read to the end. */
  readonly request: number;
  readonly attempts: number;
  /** Before the second attempt; doubles with each one. */
  readonly firstWait: number;
  /** A server that asks for more gets no further attempt. */
  readonly longestWait: number;
  /** The longest a credential helper may take. Those of the clouds ask their own servers. */
  readonly helper: number;
}

export const patience: Patience = {
  request: 10_000,
  attempts: 3,
  firstWait: 500,
  longestWait: 10_000,
  helper: 20_000,
};

/** Errors of a connection that may not come again. */
const passing = ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"];

/** How long to wait before asking once more, after `attempt` attempts; nothing: the answer stands. */
export function waitBeforeRetry(
  attempt: number,
  { status, retryAfter }: { readonly status: number; readonly retryAfter: string | undefined },
  { attempts, firstWait, longestWait }: Patience,
  now: number,
): number | undefined {
  if (attempt >= attempts || (status !== 429 && status < 500) || status === 501 || status === 505) return undefined;
  const wait = asked(retryAfter, now) ?? firstWait * 2 ** (attempt - 1);
  return wait > longestWait ? undefined : wait;
}

export function waitAfterError(attempt: number, code: string | undefined, limits: Patience): number | undefined {
  if (attempt >= limits.attempts || !passing.includes(code ?? "")) return undefined;
  return Math.min(limits.firstWait * 2 ** (attempt - 1), limits.longestWait);
}

/** `Retry-After`: seconds, or a date. */
function asked(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}
