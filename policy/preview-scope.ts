import { kubernetesObject, type Resource } from "./resource";
import { isPartOf, parseUrn } from "./urn";

const PREVIEW_NAME = /^pr-[1-9][0-9]{0,9}(-[a-z]([a-z0-9-]{0,28}[a-z0-9])?)?$/;
const PREVIEW_LABEL = "preview-environments.dev/preview";

/** Whether a text is the name of a preview, its stack, workload namespace and service account: `pr-41`, `pr-41-api`. */
export function isPreviewName(text: unknown): text is string {
  return typeof text === "string" && PREVIEW_NAME.test(text);
}

/** The preview a resource belongs to. */
export interface PreviewScope {
  /** Undefined: some preview, nothing says which. */
  readonly name: string | undefined;
}

/**
 * The preview a resource belongs to, if it does. The stack's name counts most, since a program can label its objects as
 * it likes; then the label, then the namespace it makes or lies in.
 */
export function previewOf(resource: Resource): PreviewScope | undefined {
  const object = kubernetesObject(resource);
  const { stack } = parseUrn(resource.urn);
  const named = [
    stack,
    object?.labels[PREVIEW_LABEL],
    object?.kind === "Namespace" ? object.name : undefined,
    object?.namespace,
  ];
  const name = named.find(isPreviewName);
  return name !== undefined || isPartOf(resource.urn, "PreviewEnvironment") ? { name } : undefined;
}

/** Whether a resource is a Kubernetes object of a preview. */
export function isPreviewObject(resource: Resource): boolean {
  return kubernetesObject(resource) !== undefined && previewOf(resource) !== undefined;
}
