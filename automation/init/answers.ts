import { Document } from "yaml";
import type { Problem } from "../problem.ts";
import { checkSettings } from "../settings/check.ts";
import type { Group } from "../settings/group.ts";
import { initFlags, type AnswerKey } from "./flags.ts";

export interface Answer {
  readonly text: string;
  /** Where it comes from, if nobody typed it as an answer: a flag, a variable, git. */
  readonly origin?: string;
}

export type Answers = ReadonlyMap<AnswerKey, Answer>;

/** What is wrong with the answers there are, in the words of every other command. */
export function answerProblems(answers: Answers): readonly Problem[] {
  const origins = new Map([...answers].flatMap(([key, { origin }]) => (origin === undefined ? [] : [[key, origin]])));
  const complete: Answers = new Map([["repository", { text: "any/one" }], ...answers]);
  return checkSettings({ settings: settingsOf(complete), origins }).problems;
}

/** What is wrong with the answer to one question. */
export function answerProblem(key: AnswerKey, text: string): string | undefined {
  return answerProblems(new Map([[key, { text }]])).at(0)?.text;
}

export function settingsOf(answers: Answers): Group {
  const document = new Document({});
  for (const [key, { text }] of answers) document.setIn(key.split("."), valueOf(key, text));
  return document.toJS() as Group;
}

/** The value a setting has from the text of an answer. */
export function valueOf(key: AnswerKey, text: string): string | number {
  const number = initFlags.some((flag) => flag.key === key && "number" in flag);
  return number && /^[0-9]+$/.test(text) ? Number(text) : text;
}

/** Without the repository there is nothing to write. */
export function missingAnswers(answers: Answers): readonly Problem[] {
  if (answers.has("repository")) return [];
  const ways = 'Set --repository or GITHUB_REPOSITORY, or call it in a clone whose remote "origin" is the repository';
  return [{ key: "repository", text: `is missing; allowed: "owner/name". ${ways}` }];
}
