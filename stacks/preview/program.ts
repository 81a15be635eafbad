import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { specHash, type PreviewSpec } from "../../components/manifests/preview";
import { PreviewEnvironment } from "../../components/preview-environment";

export interface PreviewProgramArgs {
  readonly spec: PreviewSpec;
  /** Kubeconfig of the cluster, contents or path. Kept as a secret. Default: `$KUBECONFIG`, then `~/.kube/config`. */
  readonly kubeconfig?: pulumi.Input<string>;
  /** Context in the kubeconfig. Default: its current context. */
  readonly context?: string;
  /** How long the preview may take to become ready, and to go. Default: `10m`. */
  readonly timeout?: string;
  /** Take over objects that are there already, as after the loss of the stack's state. Default: they are an error. */
  readonly adopt?: boolean;
}

/** What a preview's stack answers. A type, not an interface: only types have the index signature stack outputs need. */
export type PreviewOutputs = {
  /** Workload namespace. */
  readonly namespace: pulumi.Output<string>;
  /** Where the preview answers, once the host name resolves to the gateway's address. */
  readonly url: pulumi.Output<string>;
  /** The commit it shows. */
  readonly sha: pulumi.Output<string>;
  /** Hash of everything else that shapes it. */
  readonly specHash: string;
};

/** The program of one pull request's stack, run by the driver inline and by `pulumi up -C stacks/preview` by hand. */
export function previewProgram({ spec, kubeconfig, context, timeout, adopt }: PreviewProgramArgs): PreviewOutputs {
  const provider = new k8s.Provider("kubernetes", {
    ...(kubeconfig === undefined ? {} : { kubeconfig: pulumi.secret(kubeconfig) }),
    ...(context === undefined ? {} : { context }),
    // What another engine, or a stack that was lost, has set stays in its name, and is in conflict with what is set later.
    enablePatchForce: true,
    ...(adopt ? { upsertExistingObjects: true } : {}),
  });
  const { namespace, url, sha } = new PreviewEnvironment(
    "preview",
    { ...spec, ...(timeout === undefined ? {} : { timeout }) },
    { provider },
  );
  return { namespace, url, sha, specHash: specHash(spec) };
}
