import type { KubernetesObject } from "./kubernetes-object";
import { LABEL_PREFIX } from "./preview-metadata";

export interface PlatformNamespace extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "Namespace";
}

/**
 * A namespace of the platform itself. With a label of our own only: Flux Operator claims the usual ones
 * (`app.kubernetes.io/managed-by` and others) on the namespace it installs Flux into.
 */
export function platformNamespace(name: string): PlatformNamespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { [`${LABEL_PREFIX}/platform`]: name }, annotations: {} },
  };
}
