import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { completeArgs } from "./complete-args";
import { oneOf, rules } from "./rules";

export interface ClusterArgs {
  /**
   * Where the cluster comes from: `kind` creates one on this machine (needs `kind` and Docker), `existing` uses a
   * kubeconfig. Default: `kind`. Anything else is refused.
   */
  provider?: string;
  /** Name of the kind cluster. Default: `preview-environments`. Another name is another cluster. */
  name?: string;
  /** Node image of the kind cluster, such as `kindest/node:v1.34.3`. Default: the one of the installed kind. */
  nodeImage?: string;
  /**
   * Kubeconfig of an existing cluster: its contents, or an absolute path. Default: `$KUBECONFIG`, then `~/.kube/config`.
   * Kept as a secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in the kubeconfig. Default: its current context. */
  context?: pulumi.Input<string>;
}

const defaults = {
  provider: "kind",
  name: "preview-environments",
} satisfies ClusterArgs;

/** What {@link ClusterArgs.provider} may be. */
export const clusterProviders = ["kind", "existing"];

const LOAD_BALANCER_IMAGE = "registry.k8s.io/cloud-provider-kind/cloud-controller-manager:v0.7.0";

/**
 * A Kubernetes cluster that Services of type LoadBalancer work in.
 *
 * @example
 * const cluster = new Cluster("cluster", { provider: "existing", context: "staging" });
 * new Flux("flux", {}, { provider: cluster.provider });
 */
export class Cluster extends pulumi.ComponentResource {
  /** The kubeconfig: contents or path as given, the contents for kind, empty for the ambient one. Secret. */
  public readonly kubeconfig: pulumi.Output<string>;
  /** The provider for everything that goes into this cluster. */
  public readonly provider: k8s.Provider;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:Cluster", name, {}, opts);
    const cluster = completeArgs(`Cluster "${name}"`, args, defaults, {
      provider: oneOf(clusterProviders),
      name: rules.name,
      nodeImage: rules.image,
      kubeconfig: rules.kubeconfig,
      context: rules.nonEmpty,
    });
    const isKind = cluster.provider === "kind";
    this.kubeconfig = pulumi.secret(
      isKind ? kindCluster(this, cluster.name, cluster.nodeImage) : (cluster.kubeconfig ?? ""),
    );
    this.provider = new k8s.Provider(
      "kubernetes",
      {
        ...(isKind || cluster.kubeconfig !== undefined ? { kubeconfig: this.kubeconfig } : {}),
        ...(cluster.context === undefined ? {} : { context: cluster.context }),
      },
      { parent: this },
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig, provider: this.provider });
  }
}

/** Creates the kind cluster, adopting one of that name, and gives its kubeconfig. */
function kindCluster(parent: Cluster, kindName: string, nodeImage: string | undefined): pulumi.Output<string> {
  const image = nodeImage === undefined ? {} : { KIND_NODE_IMAGE: nodeImage };
  const cluster = new command.local.Command(
    "kind",
    {
      environment: { KIND_NAME: kindName, ...image },
      create: [
        "set -eu",
        'command -v kind >/dev/null || { echo "kind is not installed, see https://kind.sigs.k8s.io" >&2; exit 1; }',
        'docker info >/dev/null || { echo "kind needs a running Docker" >&2; exit 1; }',
        'kind get clusters | grep -qxF "$KIND_NAME" ||',
        '  kind create cluster --name "$KIND_NAME" --wait 120s ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"} >&2',
        'kind get kubeconfig --name "$KIND_NAME"',
      ].join("\n"),
      delete: 'kind delete cluster --name "$KIND_NAME"',
      // Standard output is the kubeconfig.
      logging: "stderr",
    },
    {
      parent,
      additionalSecretOutputs: ["stdout"],
      replaceOnChanges: ["environment"],
      deleteBeforeReplace: true,
    },
  );
  loadBalancer(parent, kindName, cluster);
  return cluster.stdout;
}

/** kind has no load balancer of its own: without this one the gateway would wait for its address forever. */
function loadBalancer(parent: Cluster, kindName: string, cluster: pulumi.Resource): void {
  new command.local.Command(
    "load-balancer",
    {
      environment: { LB_NAME: `cloud-provider-kind-${kindName}`, LB_IMAGE: LOAD_BALANCER_IMAGE },
      create: [
        "set -eu",
        'docker rm -f "$LB_NAME" >/dev/null 2>&1 || true',
        'docker run -d --restart unless-stopped --name "$LB_NAME" --network kind \\',
        '  -v /var/run/docker.sock:/var/run/docker.sock "$LB_IMAGE"',
      ].join("\n"),
      delete: 'docker rm -f "$LB_NAME"',
    },
    { parent, dependsOn: [cluster], replaceOnChanges: ["environment"], deleteBeforeReplace: true },
  );
}
