import type { Progress } from "./tools/ensure-tools.ts";

/** What the demo plays on: a cluster with a git host, a registry and the app's CI around it. */
export interface Stage {
  /** Names the step in which it comes up. */
  readonly title: string;
  /** Settings of the platform's stack that it needs. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Builds or finds what it is made of. */
  prepare(progress: Progress, signal: AbortSignal): Promise<void>;
  /** `found`: it was there before, and is not ours to end. `nodeReady`: milliseconds until its node was. */
  up(progress: Progress, signal: AbortSignal): Promise<{ readonly found: boolean; readonly nodeReady?: number }>;
  /** The variables with which a shell works with it. */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** Ends all that it started. */
  down(): Promise<void>;
}
