import { isPreviewName, previewOf } from "../preview-scope";
import { at, isKind, textOf, UNKNOWN, type Resource } from "../resource";
import { remediates } from "../remediation";
import type { ResourceRule } from "../rule";

export const previewReleaseIsBounded: ResourceRule = {
  name: "preview-release-is-bounded",
  description:
    "A preview's HelmRelease has a service account, a target namespace, a time-out, and remediation for install and upgrade.",
  scope: "HelmReleases of previews",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Set spec.serviceAccountName, spec.targetNamespace, spec.timeout, and for install and upgrade either remediation.retries or strategy RetryOnFailure.",
  checks: "resource",
  applies: (resource) => isKind(resource, "helm.toolkit.fluxcd.io", "HelmRelease") && previewOf(resource) !== undefined,

  problems(resource) {
    const spec = resource.props["spec"];
    return [
      ...accountProblems(at(spec, "serviceAccountName")),
      ...targetProblems(at(spec, "targetNamespace"), resource),
      ...(isGiven(at(spec, "timeout")) ? [] : ["spec.timeout is not set"]),
      ...["install", "upgrade"]
        .filter((action) => !remediates(at(spec, action)))
        .map((action) => `spec.${action} has neither remediation.retries nor strategy RetryOnFailure`),
    ];
  },
};

function accountProblems(account: unknown): string[] {
  if (!isGiven(account)) return ["spec.serviceAccountName is not set: Flux would act with its own rights"];
  return account === "default" ? ['spec.serviceAccountName is "default", which every preview shares'] : [];
}

function targetProblems(target: unknown, resource: Resource): string[] {
  if (target === UNKNOWN) return [];
  if (!isGiven(target)) return ["spec.targetNamespace is not set: the chart would land beside the Git credentials"];
  const own = previewOf(resource)?.name;
  const isOwn = own === undefined ? isPreviewName(target) : target === own;
  return isOwn ? [] : [`spec.targetNamespace is "${String(target)}", which is not the preview's workload namespace`];
}

function isGiven(value: unknown): boolean {
  return value === UNKNOWN || textOf(value) !== undefined;
}
