import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { completeArgs } from "./complete-args";
import {
  kindCommands,
  kindConfig,
  LOAD_BALANCER_IMAGE,
  loadBalancerCommands,
  type KindClusterArgs,
} from "./kind-cluster";
import { portMappings, type ClusterPortMapping } from "./port-mappings";
import { oneOf, rules } from "./rules";

/** What a {@link Cluster} is given. */
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
  /** Worker nodes of the kind cluster, beside the one control plane. Default: 0, pods then run there. */
  workers?: number;
  /** Ports of this machine that lead to ports of the kind cluster's first node. Default: none. */
  portMappings?: ClusterPortMapping[];
  /**
   * Absolute path, on this machine, of a Docker `config.json` with credentials of registries. It is mounted into every
   * kind node for its kubelet, so that images are pulled with it and no namespace needs a pull secret. Default: none.
   */
  registryConfig?: string;
  /**
   * Absolute path, on this machine, of a folder with `<registry>/hosts.toml` files: how containerd on every kind node speaks
   * to registries, such as over plain HTTP or through a mirror. Default: none.
   */
  registryHosts?: string;
  /** Whether cloud-provider-kind is started. One serves all kind clusters of a machine. Default: `true`. */
  loadBalancer?: boolean;
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
  workers: 0,
  loadBalancer: true,
} satisfies ClusterArgs;

/** What {@link ClusterArgs.provider} may be. */
export const clusterProviders = ["kind", "existing"];

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
  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:Cluster", name, {}, opts);
    const cluster = completeArgs(`Cluster "${name}"`, args, defaults, {
      provider: oneOf(clusterProviders),
      name: rules.name,
      nodeImage: rules.image,
      workers: rules.count,
      portMappings,
      registryConfig: rules.absolutePath,
      registryHosts: rules.absolutePath,
      loadBalancer: rules.flag,
      kubeconfig: rules.kubeconfig,
      context: rules.nonEmpty,
    });
    const isKind = cluster.provider === "kind";
    this.kubeconfig = pulumi.secret(isKind ? kindCluster(this, cluster) : (cluster.kubeconfig ?? ""));
    const provider = new k8s.Provider(
      "kubernetes",
      {
        ...(isKind || cluster.kubeconfig !== undefined ? { kubeconfig: this.kubeconfig } : {}),
        ...(cluster.context === undefined ? {} : { context: cluster.context }),
      },
      { parent: this },
    );
    providers.set(this, provider);
    this.registerOutputs({ kubeconfig: this.kubeconfig, provider });
  }

  /**
   * The provider for everything that goes into this cluster. An accessor, not a property: Pulumi's schema cannot name a
   * provider, so programs in other languages make one of their own from `kubeconfig`.
   */
  public get provider(): k8s.Provider {
    return providerOf(this);
  }
}

const providers = new WeakMap<Cluster, k8s.Provider>();

function providerOf(cluster: Cluster): k8s.Provider {
  const provider = providers.get(cluster);
  if (provider === undefined) throw new Error("Cluster.provider was read before the Cluster was made");
  return provider;
}

/** Creates the kind cluster, adopting one of that name, and gives its kubeconfig. */
function kindCluster(
  parent: Cluster,
  args: KindClusterArgs & { readonly loadBalancer: boolean },
): pulumi.Output<string> {
  const { name, nodeImage } = args;
  const cluster = new command.local.Command(
    "kind",
    {
      environment: {
        KIND_NAME: name,
        KIND_CONFIG: kindConfig(args),
        ...(nodeImage === undefined ? {} : { KIND_NODE_IMAGE: nodeImage }),
      },
      ...kindCommands,
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
  if (args.loadBalancer) {
    // kind has no load balancer of its own: without one the gateway would wait for its address forever.
    new command.local.Command(
      "load-balancer",
      { environment: { KIND_NAME: name, LB_IMAGE: LOAD_BALANCER_IMAGE }, ...loadBalancerCommands },
      { parent, dependsOn: [cluster], replaceOnChanges: ["environment"], deleteBeforeReplace: true },
    );
  }
  return cluster.stdout;
}
