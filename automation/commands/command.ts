import type { Config } from "../config.ts";
import type { Paint } from "../report/table.ts";
import type { SyncContext } from "../sync-context.ts";

/** What a command is given: everything, so that it touches nothing of the process itself. */
export interface CommandContext extends SyncContext {
  readonly config: Config;
  readonly paint: Paint;
  /** Milliseconds since 1970. */
  readonly today: () => number;
}

/** A command's result: the same for people and for machines. */
export interface CommandResult {
  readonly exitCode: number;
  readonly text: string;
  readonly json: unknown;
}
