import { isKind, kubernetesObject, type Resource } from "./resource";
import { previewOf } from "./preview-scope";
import { isPartOf } from "./urn";
import type { Settings } from "./rule";

const PLATFORM_LABEL = "preview-environments.dev/platform";
const PLATFORM_COMPONENTS = ["Flux", "Gateway", "ProductionApp", "PreviewControl"];

/** Setting of the rules for production. */
export const productionNamespaces = {
  description: "Namespaces of production apps, besides those of `ProductionApp`",
  default: ["app"],
} as const;

/** Whether a resource is a Kubernetes object of production: of the component, or in one of the namespaces. */
export function isProduction(resource: Resource, { namespaces = [] }: Settings): boolean {
  const object = kubernetesObject(resource);
  if (object === undefined || previewOf(resource) !== undefined) return false;
  const namespace = object.kind === "Namespace" ? object.name : object.namespace;
  return isPartOf(resource.urn, "ProductionApp") || (namespace !== undefined && namespaces.includes(namespace));
}

/** Whether a resource is a namespace of the platform: by its label, or as part of a component of the platform. */
export function isPlatformNamespace(resource: Resource): boolean {
  if (!isKind(resource, "", "Namespace")) return false;
  const labels = kubernetesObject(resource)?.labels ?? {};
  return PLATFORM_LABEL in labels || isPartOf(resource.urn, ...PLATFORM_COMPONENTS);
}
