/** An answer that `previews init` takes as a flag instead of asking for it. */
export interface InitFlag {
  readonly flag: string;
  /** The setting it is for. */
  readonly key: string;
  readonly argument: string;
  readonly help: string;
  readonly number?: true;
}

/** In the order of the questions. */
export const initFlags = [
  {
    flag: "repository",
    key: "repository",
    argument: "owner/name",
    help: 'repository whose pull requests get previews (default: what git\'s "origin" names) [GITHUB_REPOSITORY]',
  },
  {
    flag: "label",
    key: "label",
    argument: "name",
    help: 'label that asks for a preview; "*": every pull request asks',
  },
  {
    flag: "chart",
    key: "chart.path",
    argument: "folder",
    help: "folder of the app's Helm chart in the repository (default: the one that is found)",
  },
  { flag: "host", key: "route.host", argument: "name", help: "host name the previews answer at" },
  {
    flag: "image",
    key: "admission.image",
    argument: "image",
    help: "image, without a tag, that must exist for a commit before its preview is made",
  },
  { flag: "backend-url", key: "pulumi.backendUrl", argument: "url", help: "where Pulumi keeps the stacks" },
  {
    flag: "forks",
    key: "admission.forks",
    argument: "policy",
    help: "pull requests from forks: refuse, approve (each commit, by a maintainer) or allow",
  },
  { flag: "ttl", key: "admission.ttl", argument: "duration", help: "age at which a preview expires, such as 72h" },
  {
    flag: "max-previews",
    key: "admission.maxPreviews",
    argument: "number",
    help: "how many previews there may be",
    number: true,
  },
] as const satisfies readonly InitFlag[];

/** A setting that `previews init` asks for. */
export type AnswerKey = (typeof initFlags)[number]["key"];
