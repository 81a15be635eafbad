import { createHash } from "crypto";
import type { CustomObject, KubernetesObject } from "./kubernetes-object";
import { LABEL_PREFIX, MANAGED_BY } from "./preview-metadata";

export const RECEIVER = { apiVersion: "notification.toolkit.fluxcd.io/v1", kind: "Receiver" } as const;

/** An object that a webhook makes Flux look at again, at once. */
export interface HastenedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Everything that shapes a Receiver. Plain data. */
export interface ReceiverSpec {
  readonly name: string;
  /** That of the objects, too: Flux for several tenants refuses references to other namespaces. */
  readonly namespace: string;
  /** Secret whose `token` the webhook is signed with. */
  readonly secretName: string;
  /** By GitHub's names. Any other event is refused; `ping` is what GitHub sends when a webhook is made. */
  readonly events: readonly string[];
  readonly objects: readonly HastenedObject[];
}

/** Takes signed webhooks of GitHub, and asks Flux to look at these objects. */
export function receiver({ name, namespace, secretName, events, objects }: ReceiverSpec): CustomObject {
  return {
    ...RECEIVER,
    metadata: { name, namespace, labels: { "app.kubernetes.io/managed-by": MANAGED_BY }, annotations: {} },
    spec: {
      type: "github",
      events,
      resources: objects.map(({ apiVersion, kind, name: object }) => ({ apiVersion, kind, name: object })),
      secretRef: { name: secretName },
    },
  };
}

export interface ReceiverSecretObject extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
}

/** The Secret as Flux wants it, but for its data. */
export function receiverSecret({ secretName, namespace }: ReceiverSpec): ReceiverSecretObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: secretName,
      namespace,
      labels: { "app.kubernetes.io/managed-by": MANAGED_BY },
      annotations: {},
    },
  };
}

/** Where Flux listens for a Receiver: known from its token and name, so that no cluster need be asked. */
export function receiverPath(token: string, { name, namespace }: Pick<ReceiverSpec, "name" | "namespace">): string {
  return `/hook/${createHash("sha256").update(`${token}${name}${namespace}`).digest("hex")}`;
}

export interface ReceiverRouteSpec {
  /** Namespace of the Flux controllers. */
  readonly fluxNamespace: string;
  /** `*`: whatever the gateway is reached by. */
  readonly host: string;
  readonly gateway: { readonly name: string; readonly namespace: string };
}

/** The way from the gateway to all Receivers: Flux tells them apart by the rest of the path. */
export function receiverRoute({ fluxNamespace, host, gateway }: ReceiverRouteSpec): CustomObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      name: "webhook-receiver",
      namespace: fluxNamespace,
      labels: { "app.kubernetes.io/managed-by": MANAGED_BY, [`${LABEL_PREFIX}/platform`]: fluxNamespace },
      annotations: {},
    },
    spec: {
      parentRefs: [gateway],
      ...(host === "*" ? {} : { hostnames: [host] }),
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/hook/" }, method: "POST" }],
          backendRefs: [{ name: "webhook-receiver", port: 80 }],
        },
      ],
    },
  };
}
