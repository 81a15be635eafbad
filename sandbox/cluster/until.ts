import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

/** Asks until the answer is yes. What the last asking failed with is the cause when it never is. */
export async function until(what: string, yes: () => Promise<boolean>, patience: Patience): Promise<void> {
  const end = Date.now() + patience.seconds * 1000;
  let cause: unknown;
  while (Date.now() < end) {
    patience.signal?.throwIfAborted();
    try {
      if (await yes()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(50);
  }
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  throw new Error(`${what} did not happen within ${patience.seconds} s${reason}`, { cause });
}
