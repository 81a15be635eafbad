import { clusterNetwork } from "./addresses.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** What kubeadm would create besides certificates: the right of its administrators' group to administrate. */
export const administrators: Manifest = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "kubeadm:cluster-admins" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "kubeadm:cluster-admins" }],
};

/** From 1.36 on: the right of the API server to ask kubelets for logs, and to run programs in pods. */
export const apiServerAtKubelets: Manifest = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "kubeadm:apiserver-kubelet-client" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:kubelet-api-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "kube-apiserver-kubelet-client" }],
};

const namespace = "kube-system";
const name = "coredns";
const labels = { "k8s-app": "kube-dns" };

const corefile = `.:53 {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    ttl 5
  }
  cache 5
  loadbalance
}
`;

/** Names within the cluster only: the sandbox has no way out, so a question for any other name is refused at once. */
export function coreDns(image: string): readonly Manifest[] {
  const metadata = { name, namespace, labels };
  const rbac = "rbac.authorization.k8s.io";
  const read = ["list", "watch"];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "system:coredns" },
      rules: [
        { apiGroups: [""], resources: ["services", "namespaces", "pods", "endpoints"], verbs: read },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "system:coredns" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:coredns" },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: corefile } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: "kube-dns" },
      spec: {
        selector: labels,
        clusterIP: clusterNetwork.dns,
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: "dns-tcp", port: 53, protocol: "TCP" },
        ],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: coreDnsPod(image) },
      },
    },
  ];
}

function coreDnsPod(image: string): Record<string, unknown> {
  return {
    serviceAccountName: name,
    priorityClassName: "system-cluster-critical",
    dnsPolicy: "Default",
    containers: [
      {
        name,
        image,
        args: ["-conf", "/etc/coredns/Corefile"],
        ports: [{ containerPort: 53, protocol: "UDP" }],
        readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
        resources: { requests: { cpu: "50m", memory: "40Mi" }, limits: { memory: "170Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        },
        volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name } }],
  };
}
