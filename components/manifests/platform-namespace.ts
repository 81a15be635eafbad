import type { KubernetesObject } from "./kubernetes-object";
import { MANAGED_BY } from "./preview-metadata";

export interface PlatformNamespace extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "Namespace";
}

/** A namespace of the platform itself. */
export function platformNamespace(name: string): PlatformNamespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": MANAGED_BY }, annotations: {} },
  };
}
