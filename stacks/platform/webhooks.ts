import * as pulumi from "@pulumi/pulumi";
import type { PreviewSet } from "../../components/preview-set";
import type { ProductionApp } from "../../components/production-app";
import { WebhookReceiver } from "../../components/webhook-receiver";
import type { PlatformSettings } from "./platform-settings";

/** What GitHub is to be told of a webhook. */
export interface WebhookAddress {
  /** Where it posts to: a path of the host that the gateway is reached by. */
  readonly path: string;
  readonly secret: string;
}

export type WebhookAddresses = { [name: string]: WebhookAddress };

/** Where nothing else is set, `ProductionApp` calls its chart's source so. */
const APP_NAME = "kbot";

/** The receiver of releases, and the way to every receiver. */
export function releaseReceiver(
  { app, flux, gateway, webhooks }: PlatformSettings,
  production: ProductionApp,
  opts: pulumi.ComponentResourceOptions,
): WebhookReceiver | undefined {
  if (webhooks.host === undefined) return undefined;
  const { namespace, gatewayName } = gateway;
  return new WebhookReceiver(
    "releases",
    {
      namespace: production.namespace,
      objects: [{ apiVersion: "source.toolkit.fluxcd.io/v1", kind: "OCIRepository", name: app.appName ?? APP_NAME }],
      events: webhooks.appEvents ?? ["ping", "package", "registry_package"],
      ...(webhooks.appSecret === undefined ? {} : { token: webhooks.appSecret }),
      route: {
        host: webhooks.host,
        ...(flux.namespace === undefined ? {} : { fluxNamespace: flux.namespace }),
        ...(gatewayName === undefined ? {} : { gatewayName }),
        ...(namespace === undefined ? {} : { gatewayNamespace: namespace }),
      },
    },
    { ...opts, dependsOn: [production] },
  );
}

/** Each webhook by name, as the stack of the repository takes it. */
export function webhookAddresses(
  releases: WebhookReceiver | undefined,
  set: PreviewSet | undefined,
): pulumi.Output<WebhookAddresses> {
  const known: { [name: string]: pulumi.Input<WebhookAddress> } = {};
  if (releases) known["releases"] = address(releases.path, releases.token);
  if (releases && set) known["previews"] = address(set.webhookPath, set.webhookToken);
  return pulumi.secret(pulumi.output(known));
}

function address(path: pulumi.Output<string>, secret: pulumi.Output<string>): pulumi.Output<WebhookAddress> {
  return pulumi.all([path, secret]).apply(([known, signed]) => ({ path: known, secret: signed }));
}
