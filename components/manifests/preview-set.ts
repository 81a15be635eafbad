import { hashOf } from "./spec-hash";
import type { CustomObject } from "./kubernetes-object";
import { printable } from "./kubernetes-syntax";
import { chartValues } from "./preview-delivery";
import { LABEL_PREFIX, MANAGED_BY, previewAnnotations, previewLabels } from "./preview-metadata";
import { previewName } from "./preview-name";
import { specHash } from "./preview-objects";
import { previewRoute } from "./preview-route";
import type { AdmissionInput, GitHubReading, PreviewSetSpec } from "./preview-set-spec";
import { previewSetTemplate } from "./preview-set-template";
import type { PreviewSpec } from "./preview-spec";

export const RESOURCE_SET = { apiVersion: "fluxcd.controlplane.io/v1", kind: "ResourceSet" } as const;

export const INPUT_PROVIDER = { apiVersion: "fluxcd.controlplane.io/v1", kind: "ResourceSetInputProvider" } as const;

/** Label of every input provider that a set listens to. */
export const PREVIEW_SET_LABEL = `${LABEL_PREFIX}/preview-set`;

/** On the ResourceSet: hash of all that its previews share, so that the driver sees whether it was made from other settings. */
export const SETTINGS_HASH_ANNOTATION = `${LABEL_PREFIX}/settings-hash`;

/** How often Flux Operator looks again, as it reads it from an object. */
const RECONCILE_EVERY = "fluxcd.controlplane.io/reconcileEvery";

/** The ResourceSet: renders every input to a preview, and removes what no input accounts for any more. */
export function resourceSet(spec: PreviewSetSpec): CustomObject {
  const { name, source, preview } = spec;
  return {
    ...RESOURCE_SET,
    metadata: {
      name,
      namespace: preview.controlNamespace,
      labels: setLabels(name),
      annotations: { [SETTINGS_HASH_ANNOTATION]: settingsHash(spec), [RECONCILE_EVERY]: "10m" },
    },
    spec: {
      // By name where there is one: a missing provider then stops the set, while a selector that finds none empties it.
      inputsFrom: [
        source === "github"
          ? { kind: INPUT_PROVIDER.kind, name }
          : { kind: INPUT_PROVIDER.kind, selector: { matchLabels: { [PREVIEW_SET_LABEL]: name } } },
      ],
      resourcesTemplate: previewSetTemplate(spec),
    },
  };
}

/** Hash of all that the previews of a set share. What comes with an input is not in it. */
export function settingsHash(spec: PreviewSetSpec): string {
  return hashOf(previewSetTemplate(spec));
}

/** Where Flux Operator finds the pull requests by itself. A failed look leaves the inputs it found before. */
export function pullRequestProvider({ name, preview }: PreviewSetSpec, reading: GitHubReading): CustomObject {
  const { url, labels, limit, interval, secretName, certSecretName } = reading;
  return {
    ...INPUT_PROVIDER,
    metadata: {
      name,
      namespace: preview.controlNamespace,
      labels: setLabels(name),
      annotations: { [RECONCILE_EVERY]: interval },
    },
    spec: {
      type: "GitHubPullRequest",
      url,
      filter: { labels: [...labels], limit },
      defaultValues: { chart: preview.chart.path },
      secretRef: { name: secretName },
      ...(certSecretName === undefined ? {} : { certSecretRef: { name: certSecretName } }),
    },
  };
}

/** One admitted preview as an input of its own, kept beside the others by its name. */
export function admissionProvider(set: Pick<PreviewSetSpec, "name">, spec: PreviewSpec, about: About): CustomObject {
  const input = admissionInput(spec, about);
  return {
    ...INPUT_PROVIDER,
    metadata: {
      name: previewName(spec),
      namespace: spec.controlNamespace,
      labels: { ...previewLabels(spec), [PREVIEW_SET_LABEL]: set.name },
      annotations: previewAnnotations(spec, input.specHash),
    },
    spec: { type: "Static", defaultValues: input },
  };
}

/** What is known of a pull request beyond its preview's spec. */
export interface About {
  readonly author: string;
  readonly title: string;
  readonly labels: readonly string[];
}

/** The input that renders to exactly the preview of a spec. */
export function admissionInput(spec: PreviewSpec, { author, title, labels }: About): AdmissionInput {
  const name = previewName(spec);
  return {
    id: name,
    name,
    number: String(spec.number),
    sha: spec.sha,
    branch: spec.branch,
    // Nothing is rendered from these, but one that cannot be written as YAML stops the provider.
    author: printable(author),
    title: printable(title),
    labels: labels.map(printable),
    chart: spec.chart.path,
    cloneUrl: spec.source.url,
    values: chartValues(spec),
    url: previewRoute(spec).url,
    specHash: specHash(spec),
  };
}

function setLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/managed-by": MANAGED_BY, [PREVIEW_SET_LABEL]: name };
}
