import { join } from "node:path";
import type { ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import { insideLink } from "./network.ts";
import { answers } from "./probes.ts";

const health = "127.0.0.1:10270";

export function loadBalancer({ addresses, files, tools }: ClusterPlan): Component {
  const options = {
    kubeconfig: files.kubeconfig,
    ip: tools.bin.ip,
    link: insideLink,
    addresses: addresses.loadBalancers.join(","),
    listen: health,
  };
  return {
    name: "load-balancer",
    command: [
      process.execPath,
      "--import",
      "tsx",
      join(import.meta.dirname, "load-balancer.ts"),
      ...Object.entries(options).map(([option, value]) => `--${option}=${value}`),
    ],
    env: tools.env,
    ready: () => answers(`http://${health}/`),
  };
}
