import { execa } from "execa";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { clusterNetwork } from "./addresses.ts";
import { cgroupName } from "./cgroups.ts";
import { nodeEnvironment, nodeName, type ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import { answers, listens } from "./probes.ts";
import { privateRegistryPort, registryPort, registryUser } from "./registry.ts";

/** Short: a socket's path has room for 107 characters. It lies in the tmpfs the sandbox has at /run. */
export const containerdSocket = "/run/sandbox/containerd.sock";

/** Writes what the node's programs are configured from. */
export async function configureNode(plan: ClusterPlan): Promise<void> {
  const { addresses, files } = plan;
  const registry = (port: number) => `${addresses.inside}:${port}`;
  const hosts = (port: number) => join(files.config, "certs.d", registry(port));
  const write = async (folder: string, file: string, text: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, file), text);
  };
  await Promise.all([
    write(files.config, "containerd.toml", containerdConfig(plan)),
    write(files.config, "kubelet.yaml", stringify(kubeletConfig(plan))),
    // No name server: nothing outside the sandbox can be reached, so nothing outside has a name.
    write(files.config, "resolv.conf", "options attempts:1\n"),
    write(files.cni, "10-ptp.conflist", JSON.stringify(podNetwork(plan), undefined, 2)),
    ...[registryPort, privateRegistryPort].map((port) =>
      write(hosts(port), "hosts.toml", hostsConfig(`http://${registry(port)}`)),
    ),
    // The node's own credentials: with them no namespace needs any for the images of its pods.
    write(files.kubelet, "config.json", registryCredentials(registry(privateRegistryPort))),
  ]);
}

export function containerd(plan: ClusterPlan): Component {
  const { files, tools } = plan;
  return {
    name: "containerd",
    command: [tools.bin.containerd, "--config", join(files.config, "containerd.toml")],
    env: nodeEnvironment(plan),
    ready: () => listens(containerdSocket),
  };
}

/** Gives containerd the image every pod needs before it needs it. */
export async function importPause({ pauseArchive, tools }: ClusterPlan): Promise<void> {
  await execa(tools.bin.ctr, [
    "--address",
    containerdSocket,
    "--namespace",
    "k8s.io",
    "images",
    "import",
    pauseArchive,
  ]);
}

export function kubelet(plan: ClusterPlan): Component {
  const { addresses, files, tools } = plan;
  return {
    name: "kubelet",
    command: [
      tools.bin.kubelet,
      `--config=${join(files.config, "kubelet.yaml")}`,
      `--kubeconfig=${join(files.kubeconfigs, "kubelet.conf")}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${addresses.inside}`,
      `--root-dir=${files.kubelet}`,
    ],
    env: nodeEnvironment(plan),
    ready: () => answers("http://127.0.0.1:10248/healthz"),
  };
}

export function kubeProxy(plan: ClusterPlan): Component {
  const { files, tools } = plan;
  return {
    name: "kube-proxy",
    command: [
      tools.bin["kube-proxy"],
      `--kubeconfig=${join(files.kubeconfigs, "kube-proxy.conf")}`,
      `--hostname-override=${nodeName}`,
      "--proxy-mode=iptables",
      `--cluster-cidr=${clusterNetwork.pods}`,
      // The limits of connection tracking belong to the whole machine: leave them as they are.
      "--conntrack-max-per-core=0",
      "--conntrack-tcp-timeout-established=0",
      "--conntrack-tcp-timeout-close-wait=0",
    ],
    env: nodeEnvironment(plan),
    ready: () => answers("http://127.0.0.1:10256/healthz"),
  };
}

/** https://github.com/containerd/containerd/blob/release/1.6/docs/cri/config.md */
function containerdConfig({ files, tools }: ClusterPlan): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(files.containerd)}
state = "/run/sandbox/containerd"
oom_score = 0

[grpc]
  address = ${text(containerdSocket)}

[plugins."io.containerd.internal.v1.opt"]
  path = "/run/sandbox/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  # Without CAP_SYS_RESOURCE a process cannot be made less likely to be killed than its parent is.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(tools.cniDir)}
    conf_dir = ${text(files.cni)}
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${text(join(files.config, "certs.d"))}
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

function hostsConfig(registry: string): string {
  return `server = "${registry}"

[host."${registry}"]
  capabilities = ["pull", "resolve"]
`;
}

/** https://kubernetes.io/docs/concepts/containers/images/#configuring-nodes-to-authenticate-to-a-private-registry */
function registryCredentials(registry: string): string {
  const auth = Buffer.from(`${registryUser.name}:${registryUser.password}`).toString("base64");
  return JSON.stringify({ auths: { [registry]: { auth } } });
}

function podNetwork({ files }: ClusterPlan): unknown {
  const ipam = {
    type: "host-local",
    dataDir: join(files.cni, "addresses"),
    ranges: [[{ subnet: clusterNetwork.nodePods }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  return {
    cniVersion: "0.4.0",
    name: "ptp",
    plugins: [
      { type: "ptp", ipMasq: true, ipam },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
function kubeletConfig({ instance, files }: ClusterPlan): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(files.pki, "ca.crt") },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroupName(instance)}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [clusterNetwork.dns],
    clusterDomain: "cluster.local",
    resolvConf: join(files.config, "resolv.conf"),
    volumePluginDir: join(files.kubelet, "volume-plugins"),
    // Makes the kubelet bear that it may not change limits and scores of the machine it runs on.
    featureGates: { KubeletInUserNamespace: true },
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
  };
}
