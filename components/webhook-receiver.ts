import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { awaitCondition } from "./await-condition";
import { completeArgs, type Complete } from "./complete-args";
import {
  RECEIVER,
  receiver,
  receiverPath,
  receiverRoute,
  receiverSecret,
  type ReceiverRouteSpec,
  type ReceiverSpec,
} from "./manifests/receiver";
import { previewDefaults } from "./manifests/preview-spec";
import { rules, someOf } from "./rules";

/** What a {@link WebhookReceiver} is given. */
export interface WebhookReceiverArgs {
  /** Namespace of the objects, and so of the Receiver: Flux refuses references to other namespaces. */
  namespace: pulumi.Input<string>;
  /** What is looked at again as soon as the webhook says that something has happened. At least one. */
  objects: pulumi.Input<pulumi.Input<HastenedObjectArgs>[]>;
  /** Name of the Receiver. Default: `github`. */
  receiverName?: string;
  /**
   * GitHub's events that count. `ping` comes when the webhook is made. Any other event is refused, so the webhook should
   * send no more than these. Default: `ping`, `push`, `pull_request`.
   */
  events?: string[];
  /** Secret that the webhook is signed with. Default: a random one. */
  token?: pulumi.Input<string>;
  /** How webhooks come in through the gateway. One route serves all receivers. Default: no route. */
  route?: WebhookRouteArgs;
}

/** An object of Flux that a webhook makes it look at. */
export interface HastenedObjectArgs {
  /** Such as `fluxcd.controlplane.io/v1`. */
  apiVersion: pulumi.Input<string>;
  /** `ResourceSetInputProvider`, `OCIRepository`, or another kind of Flux's. */
  kind: pulumi.Input<string>;
  /** Name of the object. */
  name: pulumi.Input<string>;
}

/** How webhooks come in through the gateway. */
export interface WebhookRouteArgs {
  /** Host name that GitHub reaches the gateway by. `*`: whatever it is reached by. */
  host: string;
  /** Namespace of the Flux controllers. Default: `flux-system`. */
  fluxNamespace?: string;
  /** Gateway the route attaches to. Default: `gateway`. */
  gatewayName?: string;
  /** Namespace of that Gateway. Default: `envoy-gateway-system`. */
  gatewayNamespace?: string;
}

const defaults = {
  receiverName: "github",
  events: ["ping", "push", "pull_request"],
} satisfies Partial<WebhookReceiverArgs>;

type ReceiverSettings = Complete<WebhookReceiverArgs, typeof defaults>;

const routeDefaults = {
  fluxNamespace: "flux-system",
  gatewayName: previewDefaults.route.gateway.name,
  gatewayNamespace: previewDefaults.route.gateway.namespace,
} satisfies Partial<WebhookRouteArgs>;

/**
 * A Receiver of Flux for GitHub: what it names is looked at within a second of a push, instead of at its next interval.
 * Without it, or when a webhook is lost, the interval still holds.
 *
 * @example
 * const receiver = new WebhookReceiver("previews", {
 *   namespace: "app-preview",
 *   objects: [{ apiVersion: "fluxcd.controlplane.io/v1", kind: "ResourceSetInputProvider", name: "previews" }],
 *   route: { host: "hooks.example.com" },
 * });
 */
export class WebhookReceiver extends pulumi.ComponentResource {
  /** Path that the webhook posts to. Secret. */
  public readonly path: pulumi.Output<string>;
  /** What the webhook is to be signed with. Secret. */
  public readonly token: pulumi.Output<string>;

  constructor(name: string, args: WebhookReceiverArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:WebhookReceiver", name, {}, opts);
    const settings = receiverSettings(name, args);
    const route = args.route && routeSpec(name, args.route);
    const spec = receiverSpec(settings);
    this.token = pulumi.secret(settings.token ?? randomToken(this));
    const secret = new k8s.core.v1.Secret(
      "secret",
      { metadata: spec.apply((known) => receiverSecret(known).metadata), stringData: { token: this.token } },
      { parent: this },
    );
    new k8s.apiextensions.CustomResource("receiver", awaitedReady(spec), { parent: this, dependsOn: [secret] });
    if (route) new k8s.apiextensions.CustomResource("route", { ...receiverRoute(route) }, { parent: this });
    this.path = pulumi.all([this.token, spec]).apply(([token, known]) => receiverPath(token, known));
    this.registerOutputs({ path: this.path, token: this.token });
  }
}

function receiverSettings(name: string, args: WebhookReceiverArgs): ReceiverSettings {
  return completeArgs(title(name), args, defaults, {
    namespace: rules.name,
    objects: someOf(rules.object),
    receiverName: rules.name,
    events: someOf(rules.event),
    token: rules.token,
  });
}

/** Without the token: it would make a secret of all that it is known with. */
function receiverSpec({
  namespace,
  receiverName: name,
  events,
  objects,
}: ReceiverSettings): pulumi.Output<ReceiverSpec> {
  return pulumi
    .output({ namespace, objects })
    .apply((known) => ({ ...known, name, secretName: `${name}-webhook`, events }));
}

function awaitedReady(spec: pulumi.Output<ReceiverSpec>): k8s.apiextensions.CustomResourceArgs {
  return {
    ...RECEIVER,
    metadata: spec.apply((known) => ({ ...receiver(known).metadata, annotations: awaitCondition("Ready") })),
    spec: spec.apply((known) => receiver(known).spec),
  };
}

function routeSpec(name: string, args: WebhookRouteArgs): ReceiverRouteSpec {
  const route = completeArgs(`route of ${title(name)}`, args, routeDefaults, {
    host: rules.webhookHost,
    fluxNamespace: rules.name,
    gatewayName: rules.name,
    gatewayNamespace: rules.name,
  });
  const { host, fluxNamespace, gatewayName, gatewayNamespace } = route;
  return { host, fluxNamespace, gateway: { name: gatewayName, namespace: gatewayNamespace } };
}

function randomToken(parent: WebhookReceiver): pulumi.Output<string> {
  return new random.RandomPassword("token", { length: 40, special: false }, { parent }).result;
}

function title(name: string): string {
  return `WebhookReceiver "${name}"`;
}
