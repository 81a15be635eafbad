import type { Rule } from "./rule";

/** The README of the pack: written here but for the rules, which describe themselves. */
export function readme(rules: readonly Rule[]): string {
  return [INTRODUCTION, table(rules), USE, "## The rules, one by one", ...rules.map(section), ""].join("\n\n");
}

const INTRODUCTION = `# Guard rails

A Pulumi policy pack that stops one bad stack, and tells its owner what is wrong with which resource and how to mend it.
\`mandatory\` stops the update, \`advisory\` only tells.

<!-- Generated from the rules by test/unit/policy/readme.test.ts: run it with --update after a change. -->`;

const USE = `## Use it

\`\`\`sh
pulumi preview --policy-pack policy                                       # from the repository's root
pulumi up --policy-pack policy --policy-pack-config policy-config.json
\`\`\`

The configuration says for a rule, or for \`all\`, how strictly it is taken, and what it is told:

\`\`\`json
{
  "all": "advisory",
  "preview-images-are-tagged": "disabled",
  "production-chart-is-trusted": { "enforcementLevel": "mandatory", "registries": ["ghcr.io/acme", "registry.example.com:5000"] }
}
\`\`\`

Rules about one resource speak before it is touched. Rules about the whole stack (those for namespaces, outputs and
configuration) speak when the program has ended: in a preview, and so before anything is changed, as long as the preview
is not skipped.

### In \`previews\`

\`\`\`yaml
policy: ./policy
policyConfig:
  preview-images-are-tagged: advisory
\`\`\`

\`previews sync\` then runs all rules over what a preview's program registers, before its stack is made or changed. A mandatory
rule that is broken stops that preview only, and its outcome says which rule, which resource and how to mend it
(\`violations\` in \`--json\`); an advisory one is a note. The control namespace is that of \`previews.yaml\`, whatever its name.
After that the engine runs the pack within the update, over what the provider has made of the inputs. Where it cannot, that is a
note of the run.

The driver finds the rules by the file \`check-program.ts\`. A pack without it is run by the engine alone, and an engine that
cannot is then an error.

### In the sandbox

There the chart of the production app comes from the sandbox's own registry, which the pack has to be told:

\`\`\`sh
eval "$(npm run --silent sandbox -- env)"
registry=$(node -p 'new URL(process.env.GITHUB_API_URL).hostname'):5000
echo "{\\"production-chart-is-trusted\\": {\\"registries\\": [\\"$registry/den-vasyliev\\"]}}" > /tmp/policy.json
pulumi preview --stack sandbox --policy-pack policy --policy-pack-config /tmp/policy.json
\`\`\`

### What it needs

The pack needs Node.js 22, what \`npm ci\` installs at the repository's root (or \`npm install\` here), and no build: Pulumi
compiles TypeScript when it loads the pack, which takes some seconds the first time.`;

function table(rules: readonly Rule[]): string {
  const rows = rules.map(({ name, description, severity, enforcementLevel }) =>
    row([`[${name}](#${name})`, description, severity, enforcementLevel]),
  );
  return ["## Rules", "", row(["rule", "what holds", "severity", "level"]), row(["-", "-", "-", "-"]), ...rows].join(
    "\n",
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function section({ name, description, scope, remediation, settings }: Rule): string {
  const told = Object.entries(settings ?? {}).map(
    ([key, setting]) => `- \`${key}\`: ${setting.description}. Default: ${listed(setting.default)}.`,
  );
  return [
    `### ${name}`,
    description,
    `**Looks at.** ${scope}.`,
    `**How to mend it.** ${remediation}`,
    ...(told.length === 0 ? [] : [`Settings:\n\n${told.join("\n")}`]),
  ].join("\n\n");
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? "none" : values.map((value) => `\`${value}\``).join(", ");
}
