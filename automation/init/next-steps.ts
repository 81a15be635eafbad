import { isDiyBackend } from "../pulumi-backend.ts";
import type { Answers } from "./answers.ts";

export interface Written {
  readonly file: string;
  readonly answers: Answers;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the file tells editors where its JSON schema is. */
  readonly completed: boolean;
}

/** What to do after the settings are written, in this order. */
export function nextSteps({ file, answers, env, completed }: Written): readonly string[] {
  const label = answers.get("label")?.text ?? "preview";
  const config = file === "previews.yaml" ? "" : ` --config ${/^[\w./-]+$/.test(file) ? file : JSON.stringify(file)}`;
  const schema =
    'for editors to complete the file: "previews init --force --schema" with the path of previews.schema.json';
  return [
    ...(env["GITHUB_TOKEN"] || env["GITHUB_APP_ID"] ? [] : ["export GITHUB_TOKEN=…   # may read the pull requests"]),
    ...stateSteps(answers, env),
    ...(label === "*" ? [] : [`give a pull request the label "${label}"`]),
    `previews plan${config}   # what would happen, and why; it changes nothing`,
    `previews sync${config}   # make it so`,
    ...(completed ? [] : [schema]),
  ];
}

function stateSteps(answers: Answers, env: Written["env"]): string[] {
  const backend = answers.get("pulumi.backendUrl")?.text ?? (env["PULUMI_BACKEND_URL"] || undefined);
  if (backend === undefined) return env["PULUMI_ACCESS_TOKEN"] ? [] : ["pulumi login   # where the stacks are kept"];
  // Pulumi Cloud encrypts for its users; every other backend needs a passphrase.
  const passphrase = env["PULUMI_CONFIG_PASSPHRASE_FILE"] || env["PULUMI_CONFIG_PASSPHRASE"];
  if (!isDiyBackend(backend) || passphrase !== undefined) return [];
  return ["export PULUMI_CONFIG_PASSPHRASE=…   # encrypts the secrets of the stacks"];
}
