import type { Action, Outcome } from "../model.ts";

/** Tells people what is going on while it goes on. Never on standard output, which is for results. */
export interface Progress {
  start(actions: readonly Action[]): void;
  /** Tells in a few words what is being done about the preview of this name. */
  report(name: string, text: string): void;
  finish(outcome: Outcome): void;
  stop(): Promise<void>;
}

/** Actions that do something: the others need no line while they last. */
export function isWork({ kind }: Pick<Action, "kind">): boolean {
  return kind === "create" || kind === "update" || kind === "destroy";
}
