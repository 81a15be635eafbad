import { at, isKind, isObject, kubernetesObject, listOf, UNKNOWN, type Resource } from "../resource";
import { controlNamespaces } from "../control-namespaces";
import { isPreviewName, isPreviewObject } from "../preview-scope";
import type { ResourceRule, Settings } from "../rule";

const GROUP = "rbac.authorization.k8s.io";
const READING = ["get", "list", "watch"];
/** Verbs with which rights grow. */
const GROWING = ["bind", "escalate", "impersonate"];
/** Who may change these can widen the bounds of the preview. */
const BOUNDS = ["limitranges", "networkpolicies", "resourcequotas", "rolebindings", "roles"];

export const previewRightsAreNarrow: ResourceRule = {
  name: "preview-rights-are-narrow",
  description:
    "The service account of a preview is bound only to the narrow Role in its workload namespace, never to a ClusterRole of the cluster's own.",
  scope: "Roles and bindings of previews, and every binding of a preview's service account",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Bind the service account by a RoleBinding to a Role in the workload namespace that names API groups, resources and verbs, as PreviewEnvironment does.",
  settings: {
    controlNamespaces,
    clusterRoles: { description: "ClusterRoles made for previews, to which a RoleBinding may lead", default: [] },
  },
  checks: "resource",

  applies: (resource, settings) =>
    (isKind(resource, GROUP, "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding") &&
      isPreviewObject(resource)) ||
    bindsPreview(resource, settings),

  problems(resource, { clusterRoles = [] }) {
    if (isKind(resource, GROUP, "ClusterRoleBinding")) return ["a ClusterRoleBinding gives rights in every namespace"];
    if (isKind(resource, GROUP, "RoleBinding")) return bindingProblems(resource, clusterRoles);
    return listOf(at(resource.props, "rules")).flatMap((rule, index) => ruleProblems(rule, `rules[${index}]`));
  },
};

/** Whether it is a binding of a preview's service account, or of a group that such an account is in. */
function bindsPreview(resource: Resource, { controlNamespaces: control = [] }: Settings): boolean {
  if (!isKind(resource, GROUP, "RoleBinding", "ClusterRoleBinding")) return false;
  return listOf(at(resource.props, "subjects")).some((subject) => {
    const name = at(subject, "name");
    const namespace = at(subject, "namespace") ?? kubernetesObject(resource)?.namespace;
    if (at(subject, "kind") === "ServiceAccount") {
      return isPreviewName(namespace) || (isPreviewName(name) && control.some((each) => each === namespace));
    }
    return control.some((each) => name === `system:serviceaccounts:${each}`);
  });
}

function bindingProblems(resource: Resource, clusterRoles: readonly string[]): string[] {
  const kind = at(resource.props, "roleRef", "kind");
  const name = at(resource.props, "roleRef", "name");
  if (kind === UNKNOWN || name === UNKNOWN || kind === "Role") return [];
  if (kind === "ClusterRole" && clusterRoles.includes(String(name))) return [];
  return [`roleRef leads to ${String(kind)} "${String(name)}"`];
}

function ruleProblems(rule: unknown, path: string): string[] {
  if (!isObject(rule)) return [];
  const wild = ["apiGroups", "resources", "verbs"].filter((field) => listOf(rule[field]).includes("*"));
  const verbs = listOf(rule["verbs"]);
  const growing = GROWING.filter((verb) => verbs.includes(verb));
  const writes = verbs.some((verb) => typeof verb === "string" && verb !== "*" && !READING.includes(verb));
  const bounds = writes ? BOUNDS.filter((bound) => listOf(rule["resources"]).includes(bound)) : [];
  return [
    ...wild.map((field) => `${path}.${field} is "*"`),
    ...growing.map((verb) => `${path}.verbs has "${verb}"`),
    ...bounds.map((bound) => `${path} may change ${bound}`),
  ];
}
