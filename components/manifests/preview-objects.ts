import { appRoleRules, type PolicyRule } from "./app-role";
import type { KubernetesObject, ObjectMeta } from "./kubernetes-object";
import {
  gitRepository,
  helmRelease,
  serviceAccount,
  sourceName,
  type GitRepositoryObject,
  type HelmReleaseObject,
  type ServiceAccountObject,
} from "./preview-delivery";
import { previewAnnotations, previewLabels } from "./preview-metadata";
import { previewName } from "./preview-name";
import { previewDefaults, type PreviewSpec } from "./preview-spec";
import { hashOf } from "./spec-hash";
import {
  limitRange,
  networkPolicy,
  resourceQuota,
  workloadNamespace,
  type LimitRangeObject,
  type NamespaceObject,
  type NetworkPolicyObject,
  type ResourceQuotaObject,
} from "./workload-namespace";

/** The narrow role of a preview, in its workload namespace. */
export interface RoleObject extends KubernetesObject {
  readonly apiVersion: "rbac.authorization.k8s.io/v1";
  readonly kind: "Role";
  readonly rules: PolicyRule[];
}

/** What gives that role to the service account in the control namespace. */
export interface RoleBindingObject extends KubernetesObject {
  readonly apiVersion: "rbac.authorization.k8s.io/v1";
  readonly kind: "RoleBinding";
  readonly roleRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects: { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

/** Everything one preview consists of, by role. The chart's own objects are Helm's. */
export interface PreviewObjects {
  /** Workload namespace, `pr-41`; the next five lie in it. */
  readonly namespace: NamespaceObject;
  readonly quota: ResourceQuotaObject;
  readonly limitRange: LimitRangeObject;
  readonly networkPolicy: NetworkPolicyObject;
  readonly role: RoleObject;
  readonly roleBinding: RoleBindingObject;
  /** These three lie in the control namespace. */
  readonly serviceAccount: ServiceAccountObject;
  readonly gitRepository: GitRepositoryObject;
  readonly helmRelease: HelmReleaseObject;
}

/** Renders a preview. Pure: equal specs give equal objects. */
export function previewObjects(spec: PreviewSpec): PreviewObjects {
  return renderPreview(spec, specHash(spec));
}

/** A short hash of all that shapes the preview, except the commit it shows. */
export function specHash(spec: PreviewSpec): string {
  return hashOf(renderPreview({ ...spec, sha: "" }, ""));
}

/** Renders a preview with a hash that is known already. */
export function renderPreview(spec: PreviewSpec, hash: string): PreviewObjects {
  const name = previewName(spec);
  const shared = { name, labels: previewLabels(spec), annotations: previewAnnotations(spec, hash) };
  const inControl: ObjectMeta = { ...shared, namespace: spec.controlNamespace };
  const inWorkload: ObjectMeta = { ...shared, namespace: name };
  const proxyNamespace =
    spec.route.proxyNamespace ?? spec.route.gateway?.namespace ?? previewDefaults.route.gateway.namespace;
  return {
    namespace: workloadNamespace(shared, spec.podSecurity ?? previewDefaults.podSecurity),
    quota: resourceQuota(inWorkload, spec.quota ?? previewDefaults.quota),
    limitRange: limitRange(inWorkload),
    networkPolicy: networkPolicy(inWorkload, proxyNamespace),
    role: role(inWorkload),
    roleBinding: roleBinding(inWorkload, spec.controlNamespace),
    serviceAccount: serviceAccount(inControl),
    gitRepository: gitRepository({ ...inControl, name: sourceName(spec) }, spec),
    helmRelease: helmRelease(inControl, spec),
  };
}

function role(metadata: ObjectMeta): RoleObject {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules: appRoleRules() };
}

function roleBinding(metadata: ObjectMeta, controlNamespace: string): RoleBindingObject {
  const { name } = metadata;
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: controlNamespace }],
  };
}
