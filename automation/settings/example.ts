import { commentedYaml, type Shown } from "./commented-yaml.ts";
import { settingsReference, type Setting } from "./reference.ts";

const HEAD = `# yaml-language-server: $schema=./previews.schema.json
# Settings of \`previews\`. Copy to previews.yaml and keep what differs: everything has the default shown here, and what
# has none is commented out. \`previews init\` writes a shorter one. A flag wins over the environment, the environment over
# this file. Secrets never stand here: GITHUB_TOKEN and PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) are
# read from the environment.
`;

/** previews.example.yaml: every setting, with its default, its environment variable and its flag. */
export function exampleFile(): string {
  return `${HEAD}\n${commentedYaml(settingsReference(), { show, explain })}`;
}

function show({ key, fallback, sample }: Setting): Shown {
  // Items are only a sample of what a list may hold; there is nothing that they default to.
  if (key.includes("[]")) return { value: sample, commentedOut: false };
  return { value: fallback ?? sample, commentedOut: fallback === undefined };
}

function explain({ meaning, allowed, source }: Setting): string[] {
  const ways = [source?.env ?? [], source?.flag === undefined ? [] : `--${source.flag}`].flat();
  return [
    ...(meaning === undefined ? [] : [meaning]),
    ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
    ...(ways.length === 0 ? [] : [`Also set by ${ways.join(" and ")}.`]),
  ];
}
