import type { ActionOutputs } from "../report/action-outputs.ts";
import type { Paint } from "../report/table.ts";
import type { SyncContext } from "../sync-context.ts";

/** What a command is given: everything, so that it touches nothing of the process itself. */
export interface CommandContext extends SyncContext {
  readonly paint: Paint;
}

/** A command's result: the same for people and for machines. */
export interface CommandResult {
  readonly exitCode: number;
  readonly text: () => string;
  readonly json: unknown;
  /** The same as Markdown, for where a CI system shows one. */
  readonly summary?: () => string;
  /** What a workflow can go on with, by name. */
  readonly outputs?: () => ActionOutputs;
}
