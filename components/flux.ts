import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitCondition } from "./await-condition";
import { completeArgs, type Complete } from "./complete-args";
import { fluxPatches, type FluxPatch } from "./manifests/flux-patches";
import { platformNamespace } from "./manifests/platform-namespace";
import { protection } from "./protection";
import { mapOf, oneOf, rules, someOf } from "./rules";

/** What a {@link Flux} is given. */
export interface FluxArgs {
  /** Namespace of Flux Operator and the Flux controllers. Default: `flux-system`. */
  namespace?: string;
  /** Flux Operator's chart. Default: `oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator`. */
  chart?: pulumi.Input<string>;
  /** Version of Flux Operator's chart, exact. Default: `0.59.0`. */
  chartVersion?: pulumi.Input<string>;
  /** Values for Flux Operator's chart. Default: none. */
  values?: pulumi.Input<pulumi.Inputs>;
  /** Version of the Flux distribution, exact or a range. Default: `2.9.x`. */
  version?: pulumi.Input<string>;
  /** Registry of the Flux controllers' images. Default: `ghcr.io/fluxcd`. */
  registry?: pulumi.Input<string>;
  /** Flavour of the images in a registry that Flux Operator does not know, such as `upstream-alpine`. */
  variant?: pulumi.Input<string>;
  /** OCI artifact with the distribution's manifests. Default: the manifests in Flux Operator's image. */
  artifact?: pulumi.Input<string>;
  /** Flux controllers to run. Default: source-, helm- and notification-controller. */
  components?: string[];
  /**
   * Images by controller, instead of the distribution's own, which are pinned by digest. For registries that hold
   * other builds. Default: none.
   *
   * @example { "helm-controller": "registry.example.com/fluxcd/helm-controller:v1.6.2" }
   */
  images?: { [controller: string]: string };
  /** More patches for the Flux controllers, after our own. Default: none. */
  patches?: FluxPatch[];
  /**
   * Whether Flux acts with the rights of each object's service account and refuses references between namespaces.
   * Previews rely on it: default and recommendation `true`.
   */
  multitenant?: pulumi.Input<boolean>;
  /** Whether the Flux controllers' namespace is closed for traffic from others. Default: `true`. */
  networkPolicy?: pulumi.Input<boolean>;
  /** How long Flux may take to become ready. Default: `10m`. */
  timeout?: string;
}

const defaults = {
  namespace: "flux-system",
  chart: "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator",
  chartVersion: "0.59.0",
  version: "2.9.x",
  registry: "ghcr.io/fluxcd",
  components: ["source-controller", "helm-controller", "notification-controller"],
  multitenant: true,
  networkPolicy: true,
  timeout: "10m",
} satisfies FluxArgs;

type FluxSettings = Complete<FluxArgs, typeof defaults>;

/** The controllers Flux Operator can run. */
export const fluxControllers = [
  "source-controller",
  "kustomize-controller",
  "helm-controller",
  "notification-controller",
  "image-reflector-controller",
  "image-automation-controller",
  "source-watcher",
];

/**
 * Flux, installed and kept up to date by Flux Operator. Ready once every controller is.
 *
 * @example
 * new Flux("flux", { version: "2.9.2" }, { provider: cluster.provider });
 */
export class Flux extends pulumi.ComponentResource {
  /** Namespace of the Flux controllers. Known once Flux is ready. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: FluxArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:Flux", name, {}, opts);
    const flux = fluxSettings(name, args);
    const namespace = new k8s.core.v1.Namespace("namespace", platformNamespace(flux.namespace), {
      parent: this,
      ...protection(opts),
    });
    const operator = new k8s.helm.v3.Release(
      "operator",
      {
        name: "flux-operator",
        namespace: flux.namespace,
        chart: flux.chart,
        version: flux.chartVersion,
        values: flux.values ?? {},
      },
      { parent: this, dependsOn: [namespace] },
    );
    const instance = new k8s.apiextensions.CustomResource("instance", fluxInstance(flux), {
      parent: this,
      dependsOn: [operator],
      customTimeouts: { create: flux.timeout, update: flux.timeout, delete: flux.timeout },
    });
    this.namespace = instance.metadata.namespace;
    this.registerOutputs({ namespace: this.namespace });
  }
}

function fluxSettings(name: string, args: FluxArgs): FluxSettings {
  return completeArgs(`Flux "${name}"`, args, defaults, {
    namespace: rules.name,
    chart: rules.chart,
    chartVersion: rules.version,
    version: rules.nonEmpty,
    registry: rules.nonEmpty,
    artifact: rules.ociChart,
    components: someOf(oneOf(fluxControllers)),
    images: mapOf(rules.image),
    timeout: rules.duration,
  });
}

function fluxInstance(flux: FluxSettings): k8s.apiextensions.CustomResourceArgs {
  const { version, registry, components, multitenant, networkPolicy } = flux;
  const patches = fluxPatches(components, flux.images ?? {}, flux.patches ?? []);
  return {
    apiVersion: "fluxcd.controlplane.io/v1",
    kind: "FluxInstance",
    // The name is Flux Operator's: it accepts no other.
    metadata: { name: "flux", namespace: flux.namespace, annotations: awaitCondition("Ready") },
    spec: {
      distribution: {
        version,
        registry,
        ...(flux.variant === undefined ? {} : { variant: flux.variant }),
        ...(flux.artifact === undefined ? {} : { artifact: flux.artifact }),
      },
      components,
      cluster: { type: "kubernetes", multitenant, networkPolicy },
      ...(patches.length === 0 ? {} : { kustomize: { patches } }),
    },
  };
}
