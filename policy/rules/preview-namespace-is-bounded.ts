import { at, isKind, isObject, kubernetesObject, listOf, UNKNOWN, type Resource } from "../resource";
import { isPreviewName } from "../preview-scope";
import type { ProgramRule } from "../rule";

const LABEL = "preview-environments.dev";
const OWNER_LABELS = [
  "app.kubernetes.io/managed-by",
  `${LABEL}/preview`,
  `${LABEL}/pull-request`,
  `${LABEL}/repository`,
  `${LABEL}/engine`,
];
const POD_SECURITY = "pod-security.kubernetes.io/enforce";

export const previewNamespaceIsBounded: ProgramRule = {
  name: "preview-namespace-is-bounded",
  description:
    "A preview's workload namespace carries a quota, a limit range, a network policy, a Pod Security level and the labels of its owner.",
  scope: "Workload namespaces of previews",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Make the preview with the component PreviewEnvironment, or add to its namespace what is missing: without bounds one pull request can starve or reach the others.",
  settings: {
    podSecurityLevels: { description: "Pod Security levels a preview may have", default: ["restricted", "baseline"] },
  },
  checks: "program",

  applies: ({ resources }) => resources.some(isWorkloadNamespace),

  problems({ resources }, { podSecurityLevels = [] }) {
    return resources.filter(isWorkloadNamespace).flatMap((resource) => {
      const inside = resources.filter((each) => namespaceOf(each) === namespaceOf(resource));
      const missing = [
        ...(inside.some(isQuota) ? [] : ["no ResourceQuota that limits anything"]),
        ...(inside.some(isLimitRange) ? [] : ["no LimitRange that limits anything"]),
        ...(inside.some(isolates) ? [] : ["no NetworkPolicy that selects every pod, for Ingress and Egress"]),
        ...podSecurityProblems(resource, podSecurityLevels),
        ...OWNER_LABELS.filter((label) => isMissing(labelOf(resource, label))).map((label) => `no label "${label}"`),
      ];
      return missing.map((problem) => ({ resource, problem }));
    });
  },
};

function isWorkloadNamespace(resource: Resource): boolean {
  return isKind(resource, "", "Namespace") && isPreviewName(namespaceOf(resource));
}

/** The namespace an object lies in, or is. */
function namespaceOf(resource: Resource): string | undefined {
  const object = kubernetesObject(resource);
  return object?.kind === "Namespace" ? object.name : object?.namespace;
}

function isQuota(resource: Resource): boolean {
  return isKind(resource, "", "ResourceQuota") && hasEntries(at(resource.props, "spec", "hard"));
}

function isLimitRange(resource: Resource): boolean {
  return isKind(resource, "", "LimitRange") && hasEntries(at(resource.props, "spec", "limits"));
}

function isolates(resource: Resource): boolean {
  if (!isKind(resource, "networking.k8s.io", "NetworkPolicy")) return false;
  const selector = at(resource.props, "spec", "podSelector");
  const types = at(resource.props, "spec", "policyTypes");
  const selectsAll = selector === UNKNOWN || (isObject(selector) && !Object.values(selector).some(hasEntries));
  return selectsAll && (types === UNKNOWN || ["Ingress", "Egress"].every((type) => listOf(types).includes(type)));
}

function podSecurityProblems(resource: Resource, levels: readonly string[]): string[] {
  const level = labelOf(resource, POD_SECURITY);
  if (level === UNKNOWN) return [];
  if (isMissing(level)) return [`no label "${POD_SECURITY}"`];
  if (levels.includes(String(level))) return [];
  return [`its label "${POD_SECURITY}" is "${String(level)}", allowed is ${levels.join(", ")}`];
}

function labelOf(resource: Resource, label: string): unknown {
  return at(resource.props, "metadata", "labels", label);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function hasEntries(value: unknown): boolean {
  return value === UNKNOWN || (typeof value === "object" && value !== null && Object.keys(value).length > 0);
}
