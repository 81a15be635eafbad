import { controlNamespaces } from "../control-namespaces";
import { isPreviewName, isPreviewObject, previewOf, type PreviewScope } from "../preview-scope";
import { at, isKind, UNKNOWN } from "../resource";
import type { ResourceRule } from "../rule";

export const previewStaysInItsNamespaces: ResourceRule = {
  name: "preview-stays-in-its-namespaces",
  description:
    "Every object of a preview lies in the control namespace or in the workload namespace of its own pull request.",
  scope: "Kubernetes objects of previews",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Give the object the namespace of its pull request. What belongs to no namespace, or to all previews, belongs into the platform's stack.",
  settings: { controlNamespaces },
  checks: "resource",
  applies: isPreviewObject,

  problems(resource, { controlNamespaces: control = [] }) {
    const preview = previewOf(resource);
    if (preview === undefined) return [];
    const isNamespace = isKind(resource, "", "Namespace");
    const namespace = at(resource.props, "metadata", isNamespace ? "name" : "namespace");
    if (namespace === UNKNOWN || isWorkloadOf(preview, namespace)) return [];
    if (!isNamespace && control.some((each) => each === namespace)) return [];
    const own = preview.name === undefined ? "its workload namespace" : `"${preview.name}"`;
    if (isNamespace) return [`it is no namespace of this preview, which is ${own}`];
    const where = typeof namespace === "string" ? `in "${namespace}"` : "in no namespace";
    return [`it lies ${where}, allowed is ${[own, ...control.map((each) => `"${each}"`)].join(", ")}`];
  },
};

function isWorkloadOf(preview: PreviewScope, namespace: unknown): boolean {
  return preview.name === undefined ? isPreviewName(namespace) : namespace === preview.name;
}
