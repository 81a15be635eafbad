import { settingsReference, flat } from "../settings/reference.ts";
import { answerProblem, type Answer, type Answers } from "./answers.ts";
import type { Found } from "./detect.ts";
import { initFlags, type AnswerKey } from "./flags.ts";

export interface Question {
  readonly key: AnswerKey;
  readonly message: string;
  /** Answer of whoever just goes on. */
  readonly fallback: string;
  readonly choices?: readonly Choice[];
  /** What is wrong with an answer. */
  readonly problem: (text: string) => string | undefined;
}

export interface Choice {
  readonly value: string;
  readonly hint: string;
}

/** Asks one question, until the answer has no problem. Undefined: whoever was asked gave up. */
export type Ask = (question: Question) => Promise<string | undefined>;

/** The answers that need no question: flags, and what was found in the environment and the folder. */
export function answersAtHand(
  flags: Readonly<Record<string, string | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
  { remote, charts }: Found,
): { readonly given: Answers; readonly found: Answers } {
  const given = initFlags.flatMap(({ flag, key }) => entry(key, flags[flag], `--${flag}`));
  const repository = env["GITHUB_REPOSITORY"]
    ? entry("repository", env["GITHUB_REPOSITORY"], "GITHUB_REPOSITORY")
    : entry("repository", remote?.repository, "git's origin");
  const found = [...repository, ...entry("chart.path", charts[0], "found")];
  return { given: new Map(given), found: new Map(found) };
}

function entry(key: AnswerKey, text: string | undefined, origin: string): [AnswerKey, Answer][] {
  return text === undefined ? [] : [[key, { text, origin }]];
}

/** What is left to ask. */
export function questions(given: Answers, found: Answers): readonly Question[] {
  const settings = flat(settingsReference());
  return initFlags.flatMap(({ key }) => {
    if (given.has(key)) return [];
    const setting = settings.find((candidate) => candidate.key === key);
    const fallback = found.get(key)?.text ?? (typeof setting?.fallback === "string" ? setting.fallback : "");
    const mayBeEmpty = key !== "repository";
    return {
      key,
      message: messages[key],
      fallback,
      ...(key === "admission.forks" ? { choices: forkPolicies } : {}),
      problem: (text: string) => (text === "" && mayBeEmpty ? undefined : answerProblem(key, text)),
    };
  });
}

const messages: Readonly<Record<AnswerKey, string>> = {
  repository: "Repository whose pull requests get previews",
  label: 'Label that asks for a preview ("*": every pull request asks)',
  "chart.path": "Folder of the app's Helm chart in the repository",
  "route.host": "Host name the previews answer at",
  "admission.image": "Image, without a tag, that must exist for a commit before its preview is made (empty: none)",
  "pulumi.backendUrl": "Where Pulumi keeps the stacks (empty: where `pulumi login` points to)",
  "admission.forks": "Pull requests from forks",
  "admission.ttl": "Age at which a preview expires, such as 72h (empty: never)",
  "admission.maxPreviews": "How many previews there may be (empty: any number)",
};

const forkPolicies: readonly Choice[] = [
  { value: "approve", hint: "after a maintainer approved the exact commit" },
  { value: "refuse", hint: "never" },
  { value: "allow", hint: "like all others" },
];
