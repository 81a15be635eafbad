export interface PolicyRule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

const MANAGE = ["get", "list", "watch", "create", "update", "patch", "delete"];
const READ = ["get", "list", "watch"];

/**
 * What helm-controller may do for an app's chart, in the app's own namespace: run workloads, expose them, keep Helm's
 * release secrets, and watch them become ready. Not in it, so that a chart cannot widen its own bounds: roles, role
 * bindings, quotas, limit ranges, network policies, anything cluster-wide.
 */
export function appRoleRules(): PolicyRule[] {
  return [
    {
      apiGroups: [""],
      resources: ["configmaps", "persistentvolumeclaims", "secrets", "serviceaccounts", "services"],
      verbs: MANAGE,
    },
    { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: MANAGE },
    { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs: MANAGE },
    { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: MANAGE },
    { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: MANAGE },
    { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: MANAGE },
    { apiGroups: ["gateway.networking.k8s.io"], resources: ["httproutes"], verbs: MANAGE },
    { apiGroups: [""], resources: ["events", "pods"], verbs: READ },
    { apiGroups: ["apps"], resources: ["replicasets"], verbs: READ },
  ];
}
