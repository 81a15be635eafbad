import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dockerConfig } from "./manifests/registry-login";

/** A Secret with the credentials of one registry, as Flux sources refer to it. */
export function registryLogin(
  metadata: { readonly name: string; readonly namespace: string },
  registry: pulumi.Input<string>,
  user: pulumi.Input<string>,
  password: pulumi.Input<string>,
): k8s.core.v1.SecretArgs {
  const config = pulumi
    .all([registry, user, pulumi.secret(password)])
    .apply(([host, username, secret]) => dockerConfig(host, username, secret));
  return { metadata, type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": config } };
}
