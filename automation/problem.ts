import { UserError, exitCodes } from "./user-error.ts";

/** Something a user can put right: the setting or the thing at fault, and what is wrong with it or allowed. */
export interface Problem {
  readonly key: string;
  readonly text: string;
}

/** All problems of one step, found before anything is changed. */
export class ProblemsError extends UserError {
  readonly problems: readonly Problem[];

  constructor(
    problems: readonly Problem[],
    { exitCode = exitCodes.usage, cause }: { exitCode?: number; cause?: unknown } = {},
  ) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map(({ key, text }) => `  ${key}: ${text.replaceAll("\n", "\n    ")}`);
    super(`${count}; nothing was changed.\n${lines.join("\n")}`, { exitCode, cause });
    this.name = "ProblemsError";
    this.problems = problems;
  }
}

/** A setting that is wrong or missing. */
export function wrongSetting(key: string, text: string, cause?: unknown): ProblemsError {
  return new ProblemsError([{ key, text }], { cause });
}

/** Something that should answer and does not: nothing is wrong with the settings as far as can be told. */
export function unreachable(key: string, text: string, cause?: unknown): ProblemsError {
  return new ProblemsError([{ key, text }], { exitCode: exitCodes.previewFailed, cause });
}

/** Waits for all of them, then either gives every result or throws one error with the problems of all that failed. */
export async function allOrProblems<T extends readonly unknown[]>(steps: {
  [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const settled = await Promise.allSettled(steps);
  const failures = settled.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const unexpected = failures.find((failure) => !(failure instanceof ProblemsError));
  if (unexpected !== undefined)
    throw unexpected instanceof Error ? unexpected : new Error("a step failed", { cause: unexpected });
  const known = failures.filter((failure) => failure instanceof ProblemsError);
  if (known.length > 0) {
    const usage = known.some(({ exitCode }) => exitCode === exitCodes.usage);
    const exitCode = usage ? exitCodes.usage : exitCodes.previewFailed;
    throw new ProblemsError(
      known.flatMap(({ problems }) => problems),
      { exitCode, cause: known[0] },
    );
  }
  return settled.map((result) => (result.status === "fulfilled" ? result.value : undefined)) as unknown as T;
}
