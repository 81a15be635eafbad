import { UNKNOWN, type Program, type Resource } from "../../../policy/resource.ts";
import { changed, inProduction, object, pod, type Cases } from "./cases.ts";
import { golden, goldenProgram } from "./golden-program.ts";

const namespace = golden("preview-environment", "namespace");
const release = golden("preview-environment", "release");
const source = golden("preview-environment", "source");
const role = golden("preview-environment", "role");
const binding = golden("preview-environment", "role-binding");
const platformNamespace = golden("flux", "namespace");
const productionRelease = golden("production-app", "release");

/** A preview's program, but for the resource of that name. */
function previewWith(name: string, change?: (resource: Resource) => Resource): Program {
  const { resources } = goldenProgram("preview-environment");
  return {
    resources: resources.flatMap((each) => {
      if (each.name !== name) return [each];
      return change === undefined ? [] : [change(each)];
    }),
  };
}

const RBAC = "rbac.authorization.k8s.io/v1";
const account = { kind: "ServiceAccount", name: "pr-41", namespace: "app-preview" };

function bindingTo(kind: string, roleRef: object, subjects: readonly object[]): Resource {
  return object(RBAC, kind, { roleRef, subjects }, { stack: "dev", namespace: "default" });
}

/** Cases of the rules for previews. */
export const previewCases: Readonly<Record<string, Cases>> = {
  "preview-namespace-is-bounded": {
    violating: [
      { title: "no quota", given: previewWith("quota"), problems: ["no ResourceQuota that limits anything"] },
      {
        title: "an empty quota",
        given: previewWith("quota", (quota) => ({ ...quota, props: { ...quota.props, spec: { hard: {} } } })),
        problems: ["no ResourceQuota that limits anything"],
      },
      { title: "no limit range", given: previewWith("limit-range"), problems: ["no LimitRange that limits anything"] },
      {
        title: "no network policy",
        given: previewWith("network-policy"),
        problems: ["no NetworkPolicy that selects every pod, for Ingress and Egress"],
      },
      {
        title: "a network policy for some pods",
        given: previewWith("network-policy", (policy) =>
          changed(policy, { spec: { podSelector: { matchLabels: { app: "kbot" } } } }),
        ),
        problems: ["no NetworkPolicy that selects every pod, for Ingress and Egress"],
      },
      {
        title: "a network policy for one direction",
        given: previewWith("network-policy", (policy) => changed(policy, { spec: { policyTypes: ["Ingress"] } })),
        problems: ["no NetworkPolicy that selects every pod, for Ingress and Egress"],
      },
      {
        title: "bounds in another namespace",
        given: previewWith("limit-range", (range) => changed(range, { metadata: { namespace: "pr-42" } })),
        problems: ["no LimitRange that limits anything"],
      },
      {
        title: "no labels",
        given: previewWith("namespace", (each) => changed(each, { metadata: { labels: undefined } })),
        problems: [
          'no label "pod-security.kubernetes.io/enforce"',
          'no label "app.kubernetes.io/managed-by"',
          'no label "preview-environments.dev/preview"',
          'no label "preview-environments.dev/pull-request"',
          'no label "preview-environments.dev/repository"',
          'no label "preview-environments.dev/engine"',
        ],
      },
      {
        title: "no Pod Security to speak of",
        given: previewWith("namespace", (each) =>
          changed(each, { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } }),
        ),
        problems: ['its label "pod-security.kubernetes.io/enforce" is "privileged", allowed is restricted, baseline'],
      },
      {
        title: "a level that is not allowed here",
        given: goldenProgram("preview-stack"),
        settings: { podSecurityLevels: ["restricted"] },
        problems: ['its label "pod-security.kubernetes.io/enforce" is "baseline", allowed is restricted'],
      },
    ],
    passing: [
      { title: "the component", given: goldenProgram("preview-environment") },
      { title: "the program of a pull request", given: goldenProgram("preview-stack") },
      {
        title: "bounds that are not known yet",
        given: previewWith("quota", (quota) => ({ ...quota, props: { ...quota.props, spec: UNKNOWN } })),
      },
    ],
    notApplicable: [
      { title: "a namespace of the platform", given: goldenProgram("flux") },
      { title: "no namespace at all", given: previewWith("namespace") },
    ],
  },

  "preview-rights-are-narrow": {
    violating: [
      {
        title: "the cluster's own ClusterRole",
        given: changed(binding, { roleRef: { kind: "ClusterRole", name: "admin" } }),
        problems: ['roleRef leads to ClusterRole "admin"'],
      },
      {
        title: "everything, everywhere, from another stack",
        given: bindingTo("ClusterRoleBinding", { kind: "ClusterRole", name: "cluster-admin" }, [account]),
        problems: ["a ClusterRoleBinding gives rights in every namespace"],
      },
      {
        title: "another namespace, from another stack",
        given: bindingTo("RoleBinding", { kind: "ClusterRole", name: "edit" }, [account]),
        problems: ['roleRef leads to ClusterRole "edit"'],
      },
      {
        title: "all accounts of the control namespace",
        given: bindingTo("ClusterRoleBinding", { kind: "ClusterRole", name: "view" }, [
          { kind: "Group", name: "system:serviceaccounts:app-preview" },
        ]),
        problems: ["a ClusterRoleBinding gives rights in every namespace"],
      },
      {
        title: "a role that allows everything",
        given: changed(role, { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] }),
        problems: ['rules[0].apiGroups is "*"', 'rules[0].resources is "*"', 'rules[0].verbs is "*"'],
      },
      {
        title: "a role that widens itself",
        given: changed(role, {
          rules: [
            { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["get", "update", "escalate"] },
            { apiGroups: [""], resources: ["resourcequotas"], verbs: ["delete"] },
          ],
        }),
        problems: ['rules[0].verbs has "escalate"', "rules[0] may change roles", "rules[1] may change resourcequotas"],
      },
    ],
    passing: [
      { title: "the component's role", given: role },
      { title: "the component's binding", given: binding },
      {
        title: "a ClusterRole made for previews",
        given: changed(binding, { roleRef: { kind: "ClusterRole", name: "preview" } }),
        settings: { clusterRoles: ["preview"] },
      },
      {
        title: "a role that reads the bounds",
        given: changed(role, { rules: [{ apiGroups: [""], resources: ["resourcequotas"], verbs: ["get", "list"] }] }),
      },
      { title: "a role that is not known yet", given: changed(binding, { roleRef: { kind: UNKNOWN, name: UNKNOWN } }) },
    ],
    notApplicable: [
      { title: "production's binding", given: golden("production-app", "role-binding") },
      {
        title: "an account of someone else",
        given: bindingTo("ClusterRoleBinding", { kind: "ClusterRole", name: "cluster-admin" }, [
          { kind: "ServiceAccount", name: "admin", namespace: "ops" },
        ]),
      },
      { title: "what is no matter of rights", given: namespace },
    ],
  },

  "preview-stays-in-its-namespaces": {
    violating: [
      {
        title: "another pull request's namespace",
        given: object("v1", "ConfigMap", {}, { namespace: "pr-42" }),
        problems: ['it lies in "pr-42", allowed is "pr-41", "app-preview"'],
      },
      {
        title: "the platform's namespace",
        given: object("v1", "Secret", {}, { namespace: "flux-system" }),
        problems: ['it lies in "flux-system", allowed is "pr-41", "app-preview"'],
      },
      {
        title: "no namespace",
        given: object(RBAC, "ClusterRole", { metadata: { namespace: undefined } }),
        problems: ['it lies in no namespace, allowed is "pr-41", "app-preview"'],
      },
      {
        title: "a namespace besides its own",
        given: object("v1", "Namespace", { metadata: { name: "elsewhere", namespace: undefined } }),
        problems: ['it is no namespace of this preview, which is "pr-41"'],
      },
      {
        title: "labels that say one thing and a namespace that says another",
        given: changed(golden("preview-environment", "quota"), { metadata: { namespace: "pr-42" } }),
        problems: ['it lies in "pr-42", allowed is "pr-41", "app-preview"'],
      },
      {
        title: "a component's object without a label",
        given: changed(golden("preview-environment", "quota"), {
          metadata: { labels: undefined, namespace: "default" },
        }),
        problems: ['it lies in "default", allowed is its workload namespace, "app-preview"'],
      },
      {
        title: "a control namespace of another name",
        given: source,
        settings: { controlNamespaces: ["previews"] },
        problems: ['it lies in "app-preview", allowed is "pr-41", "previews"'],
      },
    ],
    passing: [
      ...goldenProgram("preview-environment")
        .resources.filter(({ type }) => type.startsWith("kubernetes:"))
        .map((given) => ({ title: `the component's ${given.name}`, given })),
      {
        title: "an app's own preview",
        given: object("v1", "ConfigMap", {}, { stack: "pr-41-api", namespace: "pr-41-api" }),
      },
      {
        title: "a namespace that is not known yet",
        given: object("v1", "ConfigMap", { metadata: { namespace: UNKNOWN } }),
      },
    ],
    notApplicable: [
      { title: "a namespace of the platform", given: platformNamespace },
      { title: "production's release", given: productionRelease },
    ],
  },

  "preview-release-is-bounded": {
    violating: [
      {
        title: "nothing at all",
        given: { ...release, props: { ...release.props, spec: {} } },
        problems: [
          "spec.serviceAccountName is not set: Flux would act with its own rights",
          "spec.targetNamespace is not set: the chart would land beside the Git credentials",
          "spec.timeout is not set",
          "spec.install has neither remediation.retries nor strategy RetryOnFailure",
          "spec.upgrade has neither remediation.retries nor strategy RetryOnFailure",
        ],
      },
      {
        title: "an account that all share",
        given: changed(release, { spec: { serviceAccountName: "default" } }),
        problems: ['spec.serviceAccountName is "default", which every preview shares'],
      },
      {
        title: "a target in another preview",
        given: changed(release, { spec: { targetNamespace: "pr-42" } }),
        problems: ['spec.targetNamespace is "pr-42", which is not the preview\'s workload namespace'],
      },
      {
        title: "no retry",
        given: changed(release, { spec: { upgrade: { strategy: undefined, remediation: { retries: 0 } } } }),
        problems: ["spec.upgrade has neither remediation.retries nor strategy RetryOnFailure"],
      },
      {
        title: "a strategy that needs retries",
        given: changed(release, { spec: { install: { strategy: { name: "RemediateOnFailure" } } } }),
        problems: ["spec.install has neither remediation.retries nor strategy RetryOnFailure"],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "the release of a pull request's program", given: golden("preview-stack", "release") },
      {
        title: "retries without end",
        given: changed(release, { spec: { install: { strategy: undefined, remediation: { retries: -1 } } } }),
      },
      { title: "a release that is not known yet", given: { ...release, props: { ...release.props, spec: UNKNOWN } } },
    ],
    notApplicable: [
      { title: "production's release", given: productionRelease },
      { title: "another object of the preview", given: source },
    ],
  },

  "preview-source-is-pinned": {
    violating: [
      {
        title: "a branch",
        given: changed(source, { spec: { ref: { commit: undefined, branch: "main" } } }),
        problems: ['spec.ref has no commit: it follows branch "main"'],
      },
      {
        title: "no reference",
        given: changed(source, { spec: { ref: undefined } }),
        problems: ["spec.ref has no commit: it follows what the source calls its newest"],
      },
      {
        title: "half a sha",
        given: changed(source, { spec: { ref: { commit: "0123456" } } }),
        problems: ['spec.ref.commit is "0123456", which is not a full sha'],
      },
      {
        title: "a tag of an OCI artifact",
        given: object("source.toolkit.fluxcd.io/v1", "OCIRepository", { spec: { ref: { tag: "latest" } } }),
        problems: ['spec.ref has no digest: it follows tag "latest"'],
      },
      {
        title: "a chart repository",
        given: object("source.toolkit.fluxcd.io/v1", "HelmRepository", { spec: { url: "https://charts.example.com" } }),
        problems: ["its kind cannot be pinned"],
      },
      {
        title: "a chart from one",
        given: changed(release, { spec: { chart: { spec: { sourceRef: { kind: "HelmRepository" } } } } }),
        problems: ["its chart comes from a HelmRepository, which cannot be pinned"],
      },
    ],
    passing: [
      { title: "the component's source", given: source },
      { title: "the component's release", given: release },
      { title: "a commit of SHA-256", given: changed(source, { spec: { ref: { commit: "a".repeat(64) } } }) },
      {
        title: "a digest",
        given: object("source.toolkit.fluxcd.io/v1", "OCIRepository", { spec: { ref: { digest: "sha256:abc" } } }),
      },
      { title: "a commit that is not known yet", given: changed(source, { spec: { ref: { commit: UNKNOWN } } }) },
    ],
    notApplicable: [
      { title: "production's source", given: golden("production-app", "chart") },
      { title: "an object that fetches nothing", given: namespace },
    ],
  },

  "preview-is-not-privileged": {
    violating: [
      {
        title: "a container",
        given: pod({}, { securityContext: { privileged: true } }),
        problems: ["spec.template.spec.containers[0].securityContext.privileged is true"],
      },
      {
        title: "a container that runs first",
        given: pod({ initContainers: [{ name: "first", securityContext: { privileged: true } }] }),
        problems: ["spec.template.spec.initContainers[0].securityContext.privileged is true"],
      },
      {
        title: "a chart value",
        given: changed(release, { spec: { values: { securityContext: { privileged: true } } } }),
        problems: ["spec.values.securityContext.privileged is true"],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "a container that says it is not", given: pod({}, { securityContext: { privileged: false } }) },
      { title: "one that is not known yet", given: pod({}, { securityContext: { privileged: UNKNOWN } }) },
    ],
    notApplicable: [
      {
        title: "a pod of the platform",
        given: object("v1", "Pod", { spec: { containers: [{ securityContext: { privileged: true } }] } }, inProduction),
      },
    ],
  },

  "preview-has-no-host-namespaces": {
    violating: [
      {
        title: "a pod",
        given: pod({ hostNetwork: true, hostPID: true, hostIPC: true }),
        problems: [
          "spec.template.spec.hostNetwork is true",
          "spec.template.spec.hostPID is true",
          "spec.template.spec.hostIPC is true",
        ],
      },
      {
        title: "a chart value",
        given: changed(release, { spec: { values: { hostNetwork: true } } }),
        problems: ["spec.values.hostNetwork is true"],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "a pod that says it does not", given: pod({ hostNetwork: false }) },
    ],
    notApplicable: [
      { title: "a pod of the platform", given: object("v1", "Pod", { spec: { hostNetwork: true } }, inProduction) },
    ],
  },

  "preview-has-no-host-paths": {
    violating: [
      {
        title: "a volume",
        given: pod({ volumes: [{ name: "docker", hostPath: { path: "/var/run/docker.sock" } }] }),
        problems: ["spec.template.spec.volumes[0].hostPath is set"],
      },
      {
        title: "a chart value",
        given: changed(release, { spec: { values: { cache: { hostPath: "/tmp" } } } }),
        problems: ["spec.values.cache.hostPath is set"],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "a volume of another kind", given: pod({ volumes: [{ name: "tmp", emptyDir: {} }] }) },
      { title: "a chart value left empty", given: changed(release, { spec: { values: { cache: { hostPath: "" } } } }) },
    ],
    notApplicable: [
      {
        title: "a pod of the platform",
        given: object("v1", "Pod", { spec: { volumes: [{ hostPath: { path: "/" } }] } }, inProduction),
      },
    ],
  },

  "preview-adds-no-capabilities": {
    violating: [
      {
        title: "a container",
        given: pod({}, { securityContext: { capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_TIME"] } } }),
        problems: ["spec.template.spec.containers[0].securityContext.capabilities.add is NET_ADMIN, SYS_TIME"],
      },
      {
        title: "a chart value",
        given: changed(release, { spec: { values: { securityContext: { capabilities: { add: ["SYS_ADMIN"] } } } } }),
        problems: ["spec.values.securityContext.capabilities.add is SYS_ADMIN"],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "capabilities given up", given: pod({}, { securityContext: { capabilities: { drop: ["ALL"] } } }) },
      { title: "none added", given: pod({}, { securityContext: { capabilities: { add: [] } } }) },
    ],
    notApplicable: [
      {
        title: "a pod of the platform",
        given: object(
          "v1",
          "Pod",
          { spec: { containers: [{ securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }] } },
          inProduction,
        ),
      },
    ],
  },

  "preview-images-are-tagged": {
    violating: [
      {
        title: "latest",
        given: pod({}, { image: "nginx:latest" }),
        problems: ['spec.template.spec.containers[0].image is "nginx:latest"'],
      },
      {
        title: "no tag",
        given: pod({}, { image: "registry.example.com:5000/app" }),
        problems: ['spec.template.spec.containers[0].image is "registry.example.com:5000/app", without a tag'],
      },
      {
        title: "latest in the chart's values",
        given: changed(release, { spec: { values: { image: { tag: "latest" } } } }),
        problems: ['spec.values.image.tag is "latest"'],
      },
      {
        title: "no tag in the chart's values",
        given: changed(release, { spec: { values: { sidecar: { image: "envoy" } } } }),
        problems: ['spec.values.sidecar.image is "envoy", without a tag'],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "the release of a pull request's program", given: golden("preview-stack", "release") },
      { title: "a tag, in a registry with a port", given: pod({}, { image: "registry.example.com:5000/app:v1" }) },
      { title: "a digest", given: pod({}, { image: `nginx@sha256:${"0".repeat(64)}` }) },
      { title: "the chart's own tag", given: changed(release, { spec: { values: { image: { tag: undefined } } } }) },
      { title: "an image that is not known yet", given: pod({}, { image: UNKNOWN }) },
    ],
    notApplicable: [
      {
        title: "a pod of production",
        given: object("v1", "Pod", { spec: { containers: [{ image: "nginx" }] } }, inProduction),
      },
    ],
  },

  "preview-services-stay-inside": {
    violating: [
      {
        title: "a load balancer",
        given: object("v1", "Service", { spec: { type: "LoadBalancer" } }),
        problems: ["spec.type is LoadBalancer"],
      },
      {
        title: "a port of the node",
        given: object("v1", "Service", { spec: { type: "NodePort" } }),
        problems: ["spec.type is NodePort"],
      },
      {
        title: "chart values",
        given: changed(release, { spec: { values: { service: { type: "LoadBalancer" }, serviceType: "NodePort" } } }),
        problems: ["spec.values.service.type is LoadBalancer", "spec.values.serviceType is NodePort"],
      },
    ],
    passing: [
      { title: "the component's release", given: release },
      { title: "a Service inside the cluster", given: object("v1", "Service", { spec: { type: "ClusterIP" } }) },
    ],
    notApplicable: [
      {
        title: "a Service of the platform",
        given: object("v1", "Service", { spec: { type: "LoadBalancer" } }, inProduction),
      },
    ],
  },
};
