import { repositoryLabel } from "./label-value";
import { previewName } from "./preview-name";
import type { PreviewSpec } from "./preview-spec";

/** Prefix of every label and annotation of this product. */
export const LABEL_PREFIX = "preview-environments.dev";

/** Value of `app.kubernetes.io/managed-by` on every object. */
export const MANAGED_BY = "preview-environments";

/** Labels that select a preview's objects. The same on all of them, and for the whole life of the preview. */
export function previewLabels(
  spec: Pick<PreviewSpec, "number" | "app" | "repository" | "engine">,
): Record<string, string> {
  return { "app.kubernetes.io/managed-by": MANAGED_BY, ...ownerLabels(spec) };
}

/** {@link previewLabels} without the one that Helm claims for itself on a chart's objects. */
export function ownerLabels(
  spec: Pick<PreviewSpec, "number" | "app" | "repository" | "engine">,
): Record<string, string> {
  return {
    [`${LABEL_PREFIX}/preview`]: previewName(spec),
    [`${LABEL_PREFIX}/pull-request`]: String(spec.number),
    [`${LABEL_PREFIX}/repository`]: repositoryLabel(spec.repository),
    [`${LABEL_PREFIX}/engine`]: spec.engine,
  };
}

/** What the preview was made from, in full: annotation values are free text. */
export function previewAnnotations(
  spec: Pick<PreviewSpec, "repository" | "branch" | "sha">,
  specHash: string,
): Record<string, string> {
  return {
    [`${LABEL_PREFIX}/repository`]: spec.repository,
    [`${LABEL_PREFIX}/branch`]: spec.branch,
    [`${LABEL_PREFIX}/head-sha`]: spec.sha,
    [`${LABEL_PREFIX}/spec-hash`]: specHash,
  };
}
