import type { Config } from "./config.ts";
import type { Ports } from "./ports.ts";
import type { Progress } from "./progress/progress.ts";

/** What a run works with. */
export interface SyncContext {
  readonly config: Config;
  readonly ports: Ports;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds, from any start. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly today: () => number;
}
