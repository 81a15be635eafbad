import { execa } from "execa";
import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { clusterNetwork } from "./addresses.ts";
import { nodeName, type ClusterPlan } from "./cluster-plan.ts";

export const apiPort = 6443;

/** Kubeadm's own certificates and kubeconfigs. The API server's certificate also serves the registry: both are at one address. */
export async function createPki(plan: ClusterPlan): Promise<void> {
  const { files, tools } = plan;
  const config = join(files.config, "kubeadm.yaml");
  await writeFile(config, kubeadmConfig(plan));
  const kubeadm = (...args: string[]) => execa(tools.bin.kubeadm, [...args, "--config", config]);
  await kubeadm("init", "phase", "certs", "all");
  const [, proxy] = await Promise.all([
    kubeadm("init", "phase", "kubeconfig", "all", "--kubeconfig-dir", files.kubeconfigs),
    // Kubeadm has no phase for this one: its own kube-proxy runs as a pod.
    kubeadm("kubeconfig", "user", "--client-name", "system:kube-proxy"),
  ]);
  await writeFile(join(files.kubeconfigs, "kube-proxy.conf"), proxy.stdout, { mode: 0o600 });
  await copyFile(join(files.kubeconfigs, "admin.conf"), files.kubeconfig);
  await writeFile(files.certificates, await trustedCertificates(join(files.pki, "ca.crt")));
}

/** For SSL_CERT_FILE, which replaces the system's certificates: they must be in it too. */
async function trustedCertificates(own: string): Promise<string> {
  const system = [
    process.env["SSL_CERT_FILE"],
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ].find((file) => file !== undefined && existsSync(file));
  const bundles = [system, own].filter((file) => file !== undefined);
  return (await Promise.all(bundles.map((file) => readFile(file, "utf8")))).join("\n");
}

/** https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/ */
function kubeadmConfig({ addresses, files, tools }: ClusterPlan): string {
  const apiVersion = "kubeadm.k8s.io/v1beta4";
  const init = {
    apiVersion,
    kind: "InitConfiguration",
    localAPIEndpoint: { advertiseAddress: addresses.inside, bindPort: apiPort },
    nodeRegistration: { name: nodeName, criSocket: "unix:///run/sandbox/containerd.sock" },
  };
  const cluster = {
    apiVersion,
    kind: "ClusterConfiguration",
    kubernetesVersion: tools.versions.kubernetes,
    certificatesDir: files.pki,
    controlPlaneEndpoint: `${addresses.inside}:${apiPort}`,
    // A dozen RSA keys would cost more time than all the rest of the preparations.
    encryptionAlgorithm: "ECDSA-P256",
    networking: { serviceSubnet: clusterNetwork.services, podSubnet: clusterNetwork.pods },
  };
  return `${stringify(init)}---\n${stringify(cluster)}`;
}
