import type { PreviewSpec } from "./preview-spec";

/** Where a set of previews learns which pull requests to show. */
export const previewSetSources = ["github", "admission"] as const;
export type PreviewSetSource = (typeof previewSetSources)[number];

/** What the previews of a set have in common; the rest comes with each input. */
export type SharedPreviewSpec = Omit<PreviewSpec, "number" | "app" | "sha" | "branch" | "engine">;

/** Everything that shapes a set of previews which Flux Operator renders in the cluster. Plain data. */
export interface PreviewSetSpec {
  /** Name of the ResourceSet, and of what belongs to it. Default: `previews`. */
  readonly name: string;
  /** `github`: Flux Operator reads the pull requests. `admission`: the driver publishes those it admits. */
  readonly source: PreviewSetSource;
  readonly preview: SharedPreviewSpec;
}

/** How Flux Operator reads the pull requests of a repository. */
export interface GitHubReading {
  /** The repository's page; its host answers the API. */
  readonly url: string;
  /** Labels a pull request must carry, all of them. Default: `preview`. */
  readonly labels: readonly string[];
  /** How often it looks, a Go duration. Default: `1m`. */
  readonly interval: string;
  /** How many pull requests may have a preview; beyond, the newest win. Default: 100. */
  readonly limit: number;
  /** Secret with `username` and `password` in the control namespace. Default: `github-auth`. */
  readonly secretName: string;
  /** Secret with the `ca.crt` of a GitHub Enterprise Server. Default: none. */
  readonly certSecretName?: string;
}

/** How Flux tells a pull request about its preview, where no driver does. */
export const previewSetFeedback = ["comment", "status", "none"] as const;
export type PreviewSetFeedback = (typeof previewSetFeedback)[number];

export const previewSetDefaults = {
  name: "previews",
  labels: ["preview"],
  interval: "1m",
  limit: 100,
  secretName: "github-auth",
  feedback: "none",
} as const satisfies Partial<PreviewSetSpec & GitHubReading> & { readonly feedback: PreviewSetFeedback };

/**
 * What Flux Operator gives the template for each pull request it finds on GitHub, read in its source: empty fields are
 * left out, and `defaultValues` of the provider fill in what is missing.
 */
export interface PullRequestInput {
  /** Pull request number. */
  readonly id: string;
  readonly sha: string;
  readonly branch?: string;
  readonly author?: string;
  readonly title?: string;
  readonly labels?: readonly string[];
  /** From `defaultValues`: folder of the chart. */
  readonly chart: string;
}

/**
 * What the driver publishes for each preview it admits: the same keys, and what only the driver knows. Flux Operator
 * overwrites `id` in an input of type Static, so nothing is rendered from it.
 */
export interface AdmissionInput extends PullRequestInput {
  /** Unique among the inputs; the preview's name. */
  readonly id: string;
  /** Name of the preview: `pr-41`, or `pr-41-api`. */
  readonly name: string;
  /** Pull request number. */
  readonly number: string;
  /** Where the commit is cloned from: a fork's own URL. */
  readonly cloneUrl: string;
  /** The chart's values, complete. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the preview answers. */
  readonly url: string;
  readonly specHash: string;
}
