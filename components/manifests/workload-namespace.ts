import type { KubernetesObject, ObjectMeta } from "./kubernetes-object";
import type { PodSecurityLevel } from "./preview-spec";

export interface NamespaceObject extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "Namespace";
}

export interface ResourceQuotaObject extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "ResourceQuota";
  readonly spec: { readonly hard: Record<string, string> };
}

export interface LimitRangeObject extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "LimitRange";
  readonly spec: {
    readonly limits: {
      readonly type: string;
      readonly default: Record<string, string>;
      readonly defaultRequest: Record<string, string>;
    }[];
  };
}

export interface NetworkPolicyObject extends KubernetesObject {
  readonly apiVersion: "networking.k8s.io/v1";
  readonly kind: "NetworkPolicy";
  readonly spec: {
    readonly podSelector: Record<string, never>;
    readonly policyTypes: string[];
    readonly ingress: { readonly from: NetworkPolicyPeer[] }[];
    readonly egress: {
      readonly to?: NetworkPolicyPeer[];
      readonly ports?: { readonly protocol: string; readonly port: number }[];
    }[];
  };
}

export interface NetworkPolicyPeer {
  readonly podSelector?: Record<string, never>;
  readonly namespaceSelector?: { readonly matchLabels?: Record<string, string> };
  readonly ipBlock?: { readonly cidr: string; readonly except?: string[] };
}

/** The namespace an app runs in, with the Pod Security level that the API server enforces there. */
export function workloadNamespace(metadata: ObjectMeta, podSecurity: PodSecurityLevel): NamespaceObject {
  const level = {
    "pod-security.kubernetes.io/enforce": podSecurity,
    "pod-security.kubernetes.io/enforce-version": "latest",
    "pod-security.kubernetes.io/warn": podSecurity,
  };
  return { apiVersion: "v1", kind: "Namespace", metadata: { ...metadata, labels: { ...metadata.labels, ...level } } };
}

/** An upper bound for everything in the namespace together. */
export function resourceQuota(metadata: ObjectMeta, hard: Readonly<Record<string, string>>): ResourceQuotaObject {
  return { apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { ...hard } } };
}

/** Requests and limits for containers that name none: a quota refuses pods without them. */
export function limitRange(metadata: ObjectMeta): LimitRangeObject {
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata,
    spec: {
      limits: [
        {
          type: "Container",
          default: { cpu: "500m", memory: "256Mi" },
          defaultRequest: { cpu: "20m", memory: "64Mi" },
        },
      ],
    },
  };
}

/** In: the gateway's proxies and the namespace itself. Out: all but link-local, where clouds serve credentials. */
export function networkPolicy(metadata: ObjectMeta, proxyNamespace: string): NetworkPolicyObject {
  const sameNamespace: NetworkPolicyPeer = { podSelector: {} };
  const proxies: NetworkPolicyPeer = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": proxyNamespace } },
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [sameNamespace, proxies] }],
      egress: [
        { to: [sameNamespace] },
        // Anywhere: a node-local DNS cache listens on a link-local address.
        {
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
        {
          to: [
            { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
            { ipBlock: { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::254/128"] } },
          ],
        },
      ],
    },
  };
}
