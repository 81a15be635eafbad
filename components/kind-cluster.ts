import type { ClusterPortMapping } from "./port-mappings";

/** What a kind cluster is made of. */
export interface KindClusterArgs {
  readonly name: string;
  readonly nodeImage?: string;
  readonly workers: number;
  readonly portMappings?: readonly ClusterPortMapping[];
  readonly registryConfig?: string;
  readonly registryHosts?: string;
}

/** The file for `kind create cluster --config`, as JSON, which YAML includes. https://kind.sigs.k8s.io/docs/user/configuration/ */
export function kindConfig({ workers, portMappings = [], registryConfig, registryHosts }: KindClusterArgs): string {
  // https://kind.sigs.k8s.io/docs/user/private-registries/#mount-a-config-file-to-each-node
  const extraMounts = [
    ...(registryConfig === undefined ? [] : [mount(registryConfig, "/var/lib/kubelet/config.json")]),
    // Where containerd on kind's nodes looks since kind 0.27.
    ...(registryHosts === undefined ? [] : [mount(registryHosts, "/etc/containerd/certs.d")]),
  ];
  const common = extraMounts.length === 0 ? {} : { extraMounts };
  const extraPortMappings = portMappings.map((mapping) => ({
    listenAddress: "127.0.0.1",
    protocol: "TCP",
    ...mapping,
  }));
  const controlPlane = { role: "control-plane", ...(extraPortMappings.length === 0 ? {} : { extraPortMappings }) };
  const nodes = [controlPlane, ...Array.from({ length: workers }, () => ({ role: "worker" }))];
  return JSON.stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: nodes.map((node) => ({ ...node, ...common })),
  });
}

function mount(hostPath: string, containerPath: string) {
  return { hostPath, containerPath, readOnly: true };
}

const needsKind =
  'command -v kind >/dev/null || { echo "kind is not installed here: see https://kind.sigs.k8s.io" >&2; exit 1; }';
const needsDocker = [
  'command -v docker >/dev/null || { echo "Docker is not installed here: kind needs it, see https://docs.docker.com/engine/install" >&2; exit 1; }',
  'docker info >/dev/null 2>&1 || { echo "Docker does not answer: kind needs it, is it running and may you use it? (docker info)" >&2; exit 1; }',
];

/** What makes the cluster `$KIND_NAME`, or finds it, and writes its kubeconfig to standard output; and what removes it. */
export const kindCommands = {
  create: [
    "set -eu",
    needsKind,
    ...needsDocker,
    "clusters=$(kind get clusters)",
    'if printf "%s\\n" "$clusters" | grep -qxF "$KIND_NAME"; then',
    '  echo "kind cluster \\"$KIND_NAME\\" is there already, and is used as it is" >&2',
    "else",
    '  printf "%s" "$KIND_CONFIG" |',
    '    kind create cluster --name "$KIND_NAME" --config - --wait 120s ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"} >&2',
    "fi",
    'kind get kubeconfig --name "$KIND_NAME"',
  ].join("\n"),
  // kind is content when there is nothing to delete.
  delete: ["set -eu", needsKind, ...needsDocker, 'kind delete cluster --name "$KIND_NAME"'].join("\n"),
};

export const LOAD_BALANCER_IMAGE = "registry.k8s.io/cloud-provider-kind/cloud-controller-manager:v0.10.0";

/**
 * cloud-provider-kind as a container on the machine's own network, as its README has it. One serves every kind cluster of
 * the machine, so one that runs is left alone, and it stays while there are other clusters. It would bring definitions of
 * the Gateway API and an ingress of its own: the former are Envoy Gateway's business here, and refuse to be downgraded.
 */
export const loadBalancerCommands = {
  create: [
    "set -eu",
    ...needsDocker,
    'running=$(docker inspect --format "{{.State.Running}}" cloud-provider-kind 2>/dev/null || true)',
    'if [ "$running" != true ]; then',
    "  docker rm --force cloud-provider-kind >/dev/null 2>&1 || true",
    "  docker run --detach --restart unless-stopped --name cloud-provider-kind --network host \\",
    '    --volume /var/run/docker.sock:/var/run/docker.sock "$LB_IMAGE" \\',
    "    --gateway-channel disabled --enable-default-ingress=false >&2",
    "fi",
  ].join("\n"),
  delete: [
    "set -eu",
    ...needsDocker,
    // What cannot be listed is taken for others.
    "clusters=$(kind get clusters) || exit 0",
    'printf "%s\\n" "$clusters" | grep -vxF "$KIND_NAME" | grep -q . ||',
    "  docker rm --force cloud-provider-kind >/dev/null",
  ].join("\n"),
};
