import { commentedYaml, type Shown } from "../settings/commented-yaml.ts";
import { settingsReference, type Setting } from "../settings/reference.ts";
import { valueOf, type Answers } from "./answers.ts";
import { enterpriseApi, likelyImage, type Remote } from "./detect.ts";
import type { AnswerKey } from "./flags.ts";

export interface Surroundings {
  readonly remote: Remote | undefined;
  /** Where an editor finds the JSON schema: a path from the file, or a URL. */
  readonly schema: string | undefined;
}

/** previews.yaml with the answers, and as comments the settings that are likely to be wanted next. */
export function renderSettings(answers: Answers, { remote, schema }: Surroundings): string {
  const hints = hintsFor(answers, remote);
  const show = ({ key, sample }: Setting): Shown | undefined => {
    const answer = answers.get(key as AnswerKey);
    if (answer !== undefined) return { value: valueOf(key as AnswerKey, answer.text), commentedOut: false };
    return hints.has(key) ? { value: hints.get(key) ?? sample, commentedOut: true } : undefined;
  };
  const explain = ({ meaning }: Setting) => (meaning === undefined ? [] : [meaning]);
  const modeline = schema === undefined ? "" : `# yaml-language-server: $schema=${schema}\n`;
  return `${modeline}${HEAD}\n${commentedYaml(settingsReference(), { show, explain })}`;
}

const HEAD = `# Settings of \`previews\`, the environments of pull requests. What is not here has its default; what is commented out is
# worth a look. Secrets never stand here: GITHUB_TOKEN and PULUMI_CONFIG_PASSPHRASE are read from the environment.
`;

/** Values of settings to show as comments; undefined: its sample. */
function hintsFor(answers: Answers, remote: Remote | undefined): ReadonlyMap<string, unknown> {
  const repository = answers.get("repository")?.text;
  const api = remote === undefined ? undefined : enterpriseApi(remote);
  return new Map<string, unknown>([
    ["label", undefined],
    ["chart.path", undefined],
    ["route.host", undefined],
    ["pulumi.backendUrl", undefined],
    ["admission.drafts", false],
    ["admission.forks", undefined],
    ["admission.ttl", undefined],
    ["admission.maxPreviews", undefined],
    ["admission.image", repository === undefined ? undefined : likelyImage(repository)],
    ["feedback.logs", false],
    ...(api === undefined ? [] : [["github.apiUrl", api] as const]),
  ]);
}
