import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clusterNetwork } from "./addresses.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import { apiPort } from "./pki.ts";
import { answers } from "./probes.ts";

const etcdUrl = "http://127.0.0.1:2379";

/** Nothing here outlives the sandbox: what a crash of the machine could lose needs no fsync. */
export function etcd({ files, tools }: ClusterPlan): Component {
  return {
    name: "etcd",
    command: [
      tools.bin.etcd,
      `--data-dir=${files.etcd}`,
      "--unsafe-no-fsync",
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      "--listen-peer-urls=http://127.0.0.1:2380",
    ],
    ready: () => answers(`${etcdUrl}/readyz`),
  };
}

export function apiServer({ addresses, files, tools }: ClusterPlan): Component {
  const pki = (file: string): string => join(files.pki, file);
  return {
    name: "kube-apiserver",
    command: [
      tools.bin["kube-apiserver"],
      `--etcd-servers=${etcdUrl}`,
      `--secure-port=${apiPort}`,
      `--advertise-address=${addresses.inside}`,
      `--tls-cert-file=${pki("apiserver.crt")}`,
      `--tls-private-key-file=${pki("apiserver.key")}`,
      `--client-ca-file=${pki("ca.crt")}`,
      `--service-account-key-file=${pki("sa.pub")}`,
      `--service-account-signing-key-file=${pki("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-cluster-ip-range=${clusterNetwork.services}`,
      "--authorization-mode=Node,RBAC",
      "--allow-privileged=true",
      "--enable-admission-plugins=NodeRestriction",
      `--kubelet-client-certificate=${pki("apiserver-kubelet-client.crt")}`,
      `--kubelet-client-key=${pki("apiserver-kubelet-client.key")}`,
      "--kubelet-preferred-address-types=InternalIP",
    ],
    ready: async () => answers(`https://${addresses.inside}:${apiPort}/readyz`, await readFile(pki("ca.crt"))),
  };
}

export function controllerManager({ files, tools }: ClusterPlan): Component {
  const pki = (file: string): string => join(files.pki, file);
  const kubeconfig = join(files.kubeconfigs, "controller-manager.conf");
  return {
    name: "kube-controller-manager",
    command: [
      tools.bin["kube-controller-manager"],
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      `--root-ca-file=${pki("ca.crt")}`,
      `--service-account-private-key-file=${pki("sa.key")}`,
      `--cluster-signing-cert-file=${pki("ca.crt")}`,
      `--cluster-signing-key-file=${pki("ca.key")}`,
      "--use-service-account-credentials",
      "--leader-elect=false",
      "--allocate-node-cidrs",
      // Its controllers' accounts, made at the start, would wait for one another at the default of 20 requests a second.
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
      `--cluster-cidr=${clusterNetwork.pods}`,
    ],
    ready: () => answers("https://127.0.0.1:10257/healthz"),
  };
}

export function scheduler({ files, tools }: ClusterPlan): Component {
  return {
    name: "kube-scheduler",
    command: [
      tools.bin["kube-scheduler"],
      `--kubeconfig=${join(files.kubeconfigs, "scheduler.conf")}`,
      "--leader-elect=false",
    ],
    ready: () => answers("https://127.0.0.1:10259/healthz"),
  };
}
