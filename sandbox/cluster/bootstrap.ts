import { execa } from "execa";
import { join } from "node:path";
import { stringify } from "yaml";
import { administrators, apiServerAtKubelets, coreDns } from "./cluster-objects.ts";
import { nodeName, type ClusterPlan } from "./cluster-plan.ts";
import { coreDnsImage } from "./registry.ts";

export async function bindAdministrators(plan: ClusterPlan): Promise<void> {
  await kubectl(plan, "super-admin", ["create", "--filename=-"], [administrators, apiServerAtKubelets]);
}

export async function nodeReady(plan: ClusterPlan): Promise<void> {
  const node = `node/${nodeName}`;
  await kubectl(plan, "admin", ["wait", node, "--for=create", "--timeout=120s"]);
  await kubectl(plan, "admin", ["wait", node, "--for=condition=Ready", "--timeout=120s"]);
}

export async function startDns(plan: ClusterPlan): Promise<void> {
  await kubectl(plan, "admin", ["create", "--filename=-"], coreDns(coreDnsImage(plan)));
  await kubectl(plan, "admin", [
    "--namespace=kube-system",
    "rollout",
    "status",
    "deployment/coredns",
    "--timeout=120s",
  ]);
}

async function kubectl(
  { files, tools }: ClusterPlan,
  user: "admin" | "super-admin",
  args: readonly string[],
  objects: readonly unknown[] = [],
): Promise<void> {
  const kubeconfig = join(files.kubeconfigs, `${user}.conf`);
  await execa(tools.bin.kubectl, [`--kubeconfig=${kubeconfig}`, ...args], {
    env: { KUBECACHEDIR: join(files.root, "kubectl-cache") },
    input: objects.map((object) => stringify(object)).join("---\n"),
  });
}
