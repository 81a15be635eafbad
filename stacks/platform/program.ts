import type * as pulumi from "@pulumi/pulumi";
import { Cluster } from "../../components/cluster";
import { Flux } from "../../components/flux";
import { Gateway } from "../../components/gateway";
import { PreviewControl } from "../../components/preview-control";
import { ProductionApp } from "../../components/production-app";
import { platformSettings } from "./platform-settings";

/** What the platform's stack answers. */
export interface PlatformOutputs {
  /** Kubeconfig of the cluster, as its component gives it. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Address the gateway answers at. */
  readonly gatewayAddress: pulumi.Output<string>;
  /** Where the production app answers, once its host name resolves to that address. */
  readonly productionUrl: pulumi.Output<string>;
  /** Namespace of the production app. */
  readonly productionNamespace: pulumi.Output<string>;
  /** Control namespace of the previews. */
  readonly previewNamespace: pulumi.Output<string>;
}

/** The platform: a cluster, Flux, a gateway, the production app, and room for previews. */
export function platform(project: string, config: Readonly<Record<string, string>>): PlatformOutputs {
  const settings = platformSettings(project, config);
  const cluster = new Cluster("cluster", settings.cluster);
  const { provider } = cluster;
  // Only what is not protected is said: a protected component would protect everything it makes.
  const opts = { provider, ...(settings.platform.protect === false ? { protect: false } : {}) };
  const flux = new Flux("flux", settings.flux, opts);
  const gateway = new Gateway("gateway", settings.gateway, opts);
  const app = new ProductionApp(
    "app",
    { ...settings.app, gatewayName: gateway.gatewayName, gatewayNamespace: gateway.namespace },
    { ...opts, dependsOn: [flux, gateway] },
  );
  const previews = new PreviewControl("previews", settings.previews, opts);
  return {
    kubeconfig: cluster.kubeconfig,
    gatewayAddress: gateway.address,
    productionUrl: app.url,
    productionNamespace: app.namespace,
    previewNamespace: previews.namespace,
  };
}
