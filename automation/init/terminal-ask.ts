import type { Readable, Writable } from "node:stream";
import type { Ask, Question } from "./questions.ts";

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks on a terminal. */
export function terminalAsk(terminal: Terminal): Ask {
  return async (question) => {
    const { isCancel, select, text } = await import("@clack/prompts");
    const { message, fallback, choices } = question;
    const answer =
      choices === undefined
        ? await text({
            ...terminal,
            message,
            placeholder: fallback,
            defaultValue: fallback,
            validate: (typed) => question.problem(answered(typed, question)),
          })
        : await select({
            ...terminal,
            message,
            initialValue: fallback,
            options: choices.map(({ value, hint }) => ({ value, hint })),
          });
    return isCancel(answer) ? undefined : answered(answer, question);
  };
}

function answered(typed: string | undefined, { fallback }: Question): string {
  return typed?.trim() || fallback;
}
