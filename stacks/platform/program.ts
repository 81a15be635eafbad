import type * as pulumi from "@pulumi/pulumi";
import { Cluster } from "../../components/cluster";
import { Flux } from "../../components/flux";
import { Gateway } from "../../components/gateway";
import { Ngrok } from "../../components/ngrok";
import { PreviewControl } from "../../components/preview-control";
import { PreviewSet } from "../../components/preview-set";
import { ProductionApp } from "../../components/production-app";
import { platformSettings, previewSetArgs, type PlatformSettings } from "./platform-settings";
import { releaseReceiver, webhookAddresses, type WebhookAddresses } from "./webhooks";

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
  /** Where GitHub's webhooks post to, and what they are signed with: none without a host for them. Secret. */
  readonly webhooks: pulumi.Output<WebhookAddresses>;
  /** Where the gateway answers on the internet; absent where it does not. */
  readonly publicUrl?: pulumi.Output<string>;
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
  const previews = new PreviewControl("previews", settings.control, opts);
  const set = previewSet(settings, previews, gateway, { ...opts, dependsOn: [flux, gateway, previews] });
  const releases = releaseReceiver(settings, app, opts);
  const exposed = settings.platform.expose === "ngrok" ? exposedByNgrok(settings, gateway.address, opts) : undefined;
  return {
    kubeconfig: cluster.kubeconfig,
    gatewayAddress: gateway.address,
    productionUrl: app.url,
    productionNamespace: app.namespace,
    previewNamespace: previews.namespace,
    webhooks: webhookAddresses(releases, set),
    ...(exposed === undefined ? {} : { publicUrl: exposed.url }),
  };
}

/** Undefined: previews are made by the driver, a stack each. */
function previewSet(
  settings: PlatformSettings,
  { namespace: controlNamespace }: PreviewControl,
  gateway: Gateway,
  opts: pulumi.ComponentResourceOptions,
): PreviewSet | undefined {
  const args = previewSetArgs(settings);
  if (args === undefined) return undefined;
  const route = { ...args.route, gateway: { name: gateway.gatewayName, namespace: gateway.namespace } };
  return new PreviewSet("preview-set", { ...args, controlNamespace, route }, opts);
}

/** The host name of production's route is what previews answer at, too. */
function exposedByNgrok(
  { ngrok: { authtoken = "", domain = "", ...ngrok }, app }: PlatformSettings,
  address: pulumi.Output<string>,
  opts: pulumi.ComponentResourceOptions,
): Ngrok {
  return new Ngrok(
    "ngrok",
    { ...ngrok, authtoken, domain, address, ...(app.host === undefined ? {} : { host: app.host }) },
    opts,
  );
}
