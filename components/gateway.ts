import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitCondition } from "./await-condition";
import { completeArgs, type Complete } from "./complete-args";
import { gatewayAddress, type GatewayStatus } from "./gateway-address";
import { ObservedResource } from "./observed-resource";
import { platformNamespace } from "./manifests/platform-namespace";
import { previewDefaults } from "./manifests/preview-spec";
import { protection } from "./protection";
import { rules } from "./rules";

/** What a {@link Gateway} is given. */
export interface GatewayArgs {
  /** Namespace of Envoy Gateway, its proxies and the Gateway. Default: `envoy-gateway-system`. */
  namespace?: string;
  /** Name of the Gateway. Default: `gateway`. */
  gatewayName?: string;
  /** Name of the GatewayClass. Default: `envoy`. */
  className?: string;
  /** Envoy Gateway's chart. Default: `oci://docker.io/envoyproxy/gateway-helm`. */
  chart?: pulumi.Input<string>;
  /** Version of the chart, exact. Default: `v1.9.1`. */
  chartVersion?: pulumi.Input<string>;
  /** Values for the chart; they win over those from other arguments, key by top-level key. Default: none. */
  values?: pulumi.Input<pulumi.Inputs>;
  /** Image of Envoy Gateway itself. Default: the chart's. */
  controllerImage?: pulumi.Input<string>;
  /** Image of the Envoy proxies. Default: the one this version of Envoy Gateway is built for. */
  proxyImage?: pulumi.Input<string>;
  /** Labels of the namespaces whose routes may attach to the Gateway. Default: all namespaces. */
  routeNamespaceLabels?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /** How long the Gateway may take to get an address. Default: `10m`. */
  timeout?: string;
}

const defaults = {
  namespace: previewDefaults.route.gateway.namespace,
  gatewayName: previewDefaults.route.gateway.name,
  className: "envoy",
  chart: "oci://docker.io/envoyproxy/gateway-helm",
  chartVersion: "v1.9.1",
  timeout: "10m",
} satisfies GatewayArgs;

type GatewaySettings = Complete<GatewayArgs, typeof defaults>;

/**
 * Envoy Gateway and one Gateway with an HTTP listener on port 80, for routes of production and previews alike.
 *
 * @example
 * const gateway = new Gateway("gateway", {}, { provider: cluster.provider });
 * export const address = gateway.address;
 */
export class Gateway extends pulumi.ComponentResource {
  /** IP address or host name the Gateway answers at. */
  public readonly address: pulumi.Output<string>;
  /** Name of the Gateway, for the `parentRefs` of routes. */
  public readonly gatewayName: pulumi.Output<string>;
  /** Namespace of the Gateway. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:Gateway", name, {}, opts);
    const gateway = gatewaySettings(name, args);
    const namespace = new k8s.core.v1.Namespace("namespace", platformNamespace(gateway.namespace), {
      parent: this,
      ...protection(opts),
    });
    const controller = new k8s.helm.v3.Release(
      "controller",
      {
        name: "envoy-gateway",
        namespace: gateway.namespace,
        chart: gateway.chart,
        version: gateway.chartVersion,
        values: chartValues(gateway),
      },
      { parent: this, dependsOn: [namespace] },
    );
    const proxy = envoyProxy(this, gateway, controller);
    const gatewayClass = new k8s.apiextensions.CustomResource("class", classManifest(gateway, proxy), {
      parent: this,
      dependsOn: [controller, ...(proxy ? [proxy] : [])],
    });
    const listener = new ObservedResource<GatewayStatus>("gateway", gatewayManifest(gateway), {
      parent: this,
      dependsOn: [gatewayClass],
      customTimeouts: { create: gateway.timeout, update: gateway.timeout },
    });
    this.address = listener.status.apply((status) =>
      gatewayAddress(`${gateway.namespace}/${gateway.gatewayName}`, status),
    );
    this.gatewayName = listener.metadata.name;
    this.namespace = listener.metadata.namespace;
    this.registerOutputs({ address: this.address, gatewayName: this.gatewayName, namespace: this.namespace });
  }
}

function gatewaySettings(name: string, args: GatewayArgs): GatewaySettings {
  return completeArgs(`Gateway "${name}"`, args, defaults, {
    namespace: rules.name,
    gatewayName: rules.name,
    className: rules.name,
    chart: rules.chart,
    chartVersion: rules.version,
    controllerImage: rules.image,
    proxyImage: rules.image,
    timeout: rules.duration,
  });
}

function chartValues({ controllerImage, values }: GatewayArgs): pulumi.Input<pulumi.Inputs> {
  const image =
    controllerImage === undefined ? {} : { global: { images: { envoyGateway: { image: controllerImage } } } };
  return pulumi.output(values ?? {}).apply((given) => ({ ...image, ...given }));
}

/** Settings of the proxies; Envoy Gateway's own where there is nothing to set. */
function envoyProxy(
  parent: Gateway,
  { namespace, proxyImage }: GatewaySettings,
  controller: pulumi.Resource,
): k8s.apiextensions.CustomResource | undefined {
  if (proxyImage === undefined) return undefined;
  return new k8s.apiextensions.CustomResource(
    "proxy",
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "EnvoyProxy",
      metadata: { name: "proxy", namespace },
      spec: {
        provider: { type: "Kubernetes", kubernetes: { envoyDeployment: { container: { image: proxyImage } } } },
      },
    },
    { parent, dependsOn: [controller] },
  );
}

function classManifest(
  { className, namespace }: GatewaySettings,
  proxy: k8s.apiextensions.CustomResource | undefined,
): k8s.apiextensions.CustomResourceArgs {
  const parametersRef = proxy && {
    group: "gateway.envoyproxy.io",
    kind: "EnvoyProxy",
    name: proxy.metadata.name,
    namespace,
  };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: className, annotations: awaitCondition("Accepted") },
    spec: {
      controllerName: "gateway.envoyproxy.io/gatewayclass-controller",
      ...(parametersRef ? { parametersRef } : {}),
    },
  };
}

function gatewayManifest(gateway: GatewaySettings): k8s.apiextensions.CustomResourceArgs {
  const { gatewayName, namespace, className, routeNamespaceLabels } = gateway;
  const namespaces =
    routeNamespaceLabels === undefined
      ? { from: "All" }
      : { from: "Selector", selector: { matchLabels: routeNamespaceLabels } };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    // Programmed says that the proxies carry the listener and that the address is known.
    metadata: { name: gatewayName, namespace, annotations: awaitCondition("Programmed") },
    spec: {
      gatewayClassName: className,
      listeners: [{ name: "http", protocol: "HTTP", port: 80, allowedRoutes: { namespaces } }],
    },
  };
}
