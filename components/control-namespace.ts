import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { platformNamespace } from "./manifests/platform-namespace";

/**
 * A namespace for Flux objects and credentials. No pod runs in it, so that nobody's code ever sits beside a credential.
 * Gives what has to be there before anything is put into it.
 */
export function controlNamespace(
  logicalName: string,
  namespace: string,
  opts: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
): k8s.core.v1.Namespace {
  const made = new k8s.core.v1.Namespace(logicalName, platformNamespace(namespace), opts);
  new k8s.core.v1.ResourceQuota(
    "no-pods",
    { metadata: { name: "no-pods", namespace }, spec: { hard: { pods: "0" } } },
    { parent: opts.parent, dependsOn: [made] },
  );
  return made;
}
