import type { Tools } from "../tools/ensure-tools.ts";
import type { Addresses } from "./addresses.ts";
import type { InstanceFiles } from "./instance-files.ts";

/** All that an instance is made from: written once by `up`, read by the supervisor, which reads nothing else. */
export interface ClusterPlan {
  readonly instance: string;
  readonly files: InstanceFiles;
  readonly addresses: Addresses;
  /** An archive of the image that holds pods' namespaces, under the name containerd knows it by. */
  readonly pauseArchive: string;
  readonly tools: Pick<Tools, "bin" | "path" | "env" | "cniDir" | "versions">;
}

export const nodeName = "sandbox";

/** Where the node's programs find one another (containerd its shim, the shim runc, kube-proxy iptables) and their libraries. */
export function nodeEnvironment({ tools }: ClusterPlan): Record<string, string> {
  return { ...tools.env, PATH: [...tools.path, process.env["PATH"]].join(":") };
}
