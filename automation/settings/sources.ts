/** Where a setting may come from besides previews.yaml. A flag wins over the environment, which wins over the file. */
export interface SettingSource {
  readonly key: string;
  readonly env?: string;
  readonly flag?: string;
  readonly argument?: string;
  readonly help?: string;
  readonly number?: true;
}

export const settingSources: readonly SettingSource[] = [
  {
    key: "repository",
    env: "GITHUB_REPOSITORY",
    flag: "repository",
    argument: "owner/name",
    help: "repository whose pull requests get previews",
  },
  { key: "label", env: "PREVIEW_LABEL", flag: "label", argument: "name", help: "label that asks for a preview" },
  {
    key: "engine",
    env: "PREVIEW_ENGINE",
    flag: "engine",
    argument: "name",
    help: "what realises a preview: automation or flux",
  },
  {
    key: "concurrency",
    env: "PREVIEW_CONCURRENCY",
    flag: "concurrency",
    argument: "number",
    help: "previews worked on at once",
    number: true,
  },
  {
    key: "timeout",
    env: "PREVIEW_TIMEOUT",
    flag: "timeout",
    argument: "duration",
    help: "how long one preview may take to become Ready",
  },
  {
    key: "github.apiUrl",
    env: "GITHUB_API_URL",
    flag: "api-url",
    argument: "url",
    help: "GitHub's API, or an Enterprise Server's",
  },
  {
    key: "pulumi.project",
    env: "PREVIEW_PROJECT",
    flag: "project",
    argument: "name",
    help: "Pulumi project of the preview stacks",
  },
  {
    key: "pulumi.backendUrl",
    env: "PULUMI_BACKEND_URL",
    flag: "backend-url",
    argument: "url",
    help: "where Pulumi keeps the stacks",
  },
  {
    key: "kubernetes.kubeconfig",
    env: "KUBECONFIG",
    flag: "kubeconfig",
    argument: "file",
    help: "kubeconfig of the cluster",
  },
  {
    key: "kubernetes.context",
    env: "PREVIEW_CONTEXT",
    flag: "context",
    argument: "name",
    help: "context in the kubeconfig",
  },
  {
    key: "controlNamespace",
    env: "PREVIEW_CONTROL_NAMESPACE",
    flag: "control-namespace",
    argument: "name",
    help: "namespace of the Flux objects",
  },
  { key: "source.secretName", env: "PREVIEW_SOURCE_SECRET" },
  { key: "route.mode", env: "PREVIEW_ROUTE_MODE" },
  { key: "route.host", env: "PREVIEW_HOST", flag: "host", argument: "name", help: "host name the previews answer at" },
  { key: "route.address", env: "GATEWAY_ADDRESS" },
  { key: "cache", env: "PREVIEW_CACHE" },
];

/** The ways to give a setting, for messages. */
export function waysToSet(key: string): string {
  const source = settingSources.find((candidate) => candidate.key === key);
  const ways = [`"${key}" in previews.yaml`];
  if (source?.env !== undefined) ways.push(source.env);
  if (source?.flag !== undefined) ways.push(`--${source.flag}`);
  return ways.join(", ");
}
