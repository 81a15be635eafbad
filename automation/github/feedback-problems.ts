import { troubleOf, type Trouble } from "./feedback-trouble.ts";

export type FeedbackKind = "comment" | "deployment" | "status";

/** What could not be written in one run, and what is not worth another try in it. */
export interface FeedbackProblems {
  failed(kind: FeedbackKind, number: number, error: unknown): Trouble;
  /** What failed on a pull request before has been made good. */
  succeeded(kind: FeedbackKind, number: number): void;
  /** Why this kind is left off; undefined: it is not. */
  off(kind: FeedbackKind): Trouble | undefined;
  /** All of it in words for people, once. */
  take(): readonly string[];
}

/** A GitHub that has not answered so often, after the client's own retries, will not answer the next request either. */
const MOST_UNANSWERED = 5;

const nouns = {
  comment: { one: "the comment", several: "the comments", what: "comments" },
  deployment: { one: "the deployment", several: "the deployments", what: "deployments" },
  status: { one: "the commit status", several: "the commit statuses", what: "commit statuses" },
} as const satisfies Record<FeedbackKind, object>;

export function feedbackProblems(repository: string): FeedbackProblems {
  const problems = new Map<string, { kind: FeedbackKind; number: number; text: string }>();
  const left = new Map<FeedbackKind, Trouble>();
  let everything: Trouble | undefined;
  let unanswered = 0;

  function failed(kind: FeedbackKind, number: number, error: unknown): Trouble {
    const trouble = troubleOf(error);
    if (trouble.kind === "unanswered") unanswered = isTimeout(error) ? MOST_UNANSWERED : unanswered + 1;
    if (trouble.kind === "refused") left.set(kind, trouble);
    const ends = trouble.kind === "token" || trouble.kind === "limit" || unanswered >= MOST_UNANSWERED;
    if (ends) everything = trouble;
    problems.set(`${kind} ${number}`, { kind, number, text: textOf(trouble, kind, ends) });
    return trouble;
  }

  function textOf({ kind, text }: Trouble, about: FeedbackKind, ends: boolean): string {
    const { what } = nouns[about];
    if (kind === "refused") {
      const cure = `give it the right to, or set feedback.${about} to false`;
      return `the token may not write ${what} in ${repository}: ${text}; ${cure}. None is tried again in this run`;
    }
    return ends ? `${text}. Nothing more is written in this run; the next one writes what is missing` : text;
  }

  function take(): readonly string[] {
    const all = [...problems.values()];
    problems.clear();
    const causes = [...new Set(all.map(({ kind, text }) => JSON.stringify([kind, text])))];
    return causes.map((cause) => {
      const [kind, text] = JSON.parse(cause) as [FeedbackKind, string];
      return sentence(kind, numbersOf(all, kind, text), text);
    });
  }

  return {
    failed,
    succeeded: (kind, number) => void problems.delete(`${kind} ${number}`),
    off: (kind) => everything ?? left.get(kind),
    take,
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

function numbersOf(
  problems: readonly { readonly kind: FeedbackKind; readonly number: number; readonly text: string }[],
  kind: FeedbackKind,
  text: string,
): readonly number[] {
  return problems.filter((one) => one.kind === kind && one.text === text).map(({ number }) => number);
}

function sentence(kind: FeedbackKind, numbers: readonly number[], text: string): string {
  const { one, several } = nouns[kind];
  const on =
    numbers.length === 1
      ? `${one} on pull request ${numbers.join("")}`
      : `${several} on pull requests ${numbers.join(", ")}`;
  return `${on} could not be written: ${text}`;
}
