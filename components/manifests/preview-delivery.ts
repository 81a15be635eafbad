import type { CustomObject, KubernetesObject, ObjectMeta } from "./kubernetes-object";
import { ownerLabels } from "./preview-metadata";
import { previewName } from "./preview-name";
import { previewRoute } from "./preview-route";
import type { PreviewSpec } from "./preview-spec";

export const GIT_REPOSITORY = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository" } as const;

export const HELM_RELEASE = { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease" } as const;

export interface GitRepositoryObject extends CustomObject {
  readonly apiVersion: "source.toolkit.fluxcd.io/v1";
  readonly kind: "GitRepository";
}

export interface HelmReleaseObject extends CustomObject {
  readonly apiVersion: "helm.toolkit.fluxcd.io/v2";
  readonly kind: "HelmRelease";
}

export interface ServiceAccountObject extends KubernetesObject {
  readonly apiVersion: "v1";
  readonly kind: "ServiceAccount";
  readonly automountServiceAccountToken: boolean;
}

/** The identity helm-controller takes on for this preview. Nothing runs as it, so no pod gets its token. */
export function serviceAccount(metadata: ObjectMeta): ServiceAccountObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false };
}

/**
 * The GitRepository of one commit: `pr-41-0123456789ab`. Each commit has its own, so that one change of the release moves
 * chart and image together. A shared one that moves ahead makes helm-controller upgrade to the new chart with the old
 * image first: 24 s from push to ready instead of 14, a failed revision, and "Ready" may speak of the commit before.
 */
export function sourceName(spec: Pick<PreviewSpec, "number" | "app" | "sha">): string {
  return `${previewName(spec)}-${spec.sha.slice(0, 12)}`;
}

/** The pull request's head commit. Without a branch, so that it is found whatever the branch is called by now. */
export function gitRepository(metadata: ObjectMeta, spec: PreviewSpec): GitRepositoryObject {
  const { url, interval, secretName, provider } = spec.source;
  return {
    ...GIT_REPOSITORY,
    metadata,
    spec: {
      url,
      interval,
      ref: { commit: spec.sha },
      ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
      ...(provider === undefined ? {} : { provider }),
    },
  };
}

/** The chart of that commit, installed into the workload namespace by the preview's own service account. */
export function helmRelease(metadata: ObjectMeta, spec: PreviewSpec): HelmReleaseObject {
  const name = previewName(spec);
  const { path, interval, timeout } = spec.chart;
  // Retrying in place keeps the last good pods serving and mends by itself what is late, such as the commit's image.
  const retry = { strategy: { name: "RetryOnFailure", retryInterval: "30s" } };
  return {
    ...HELM_RELEASE,
    metadata,
    spec: {
      releaseName: name,
      targetNamespace: name,
      storageNamespace: name,
      serviceAccountName: name,
      interval,
      timeout,
      chart: {
        spec: {
          chart: path,
          interval,
          // A pull request changes its chart without a new chart version.
          reconcileStrategy: "Revision",
          sourceRef: { kind: "GitRepository", name: sourceName(spec) },
        },
      },
      install: { ...retry, createNamespace: false },
      upgrade: { ...retry, cleanupOnFail: true },
      maxHistory: 3,
      commonMetadata: { labels: ownerLabels(spec) },
      values: chartValues(spec),
    },
  };
}

/** The chart's values: the user's, and the two that make it this preview's. */
export function chartValues(spec: PreviewSpec): Record<string, unknown> {
  const { host, path } = previewRoute(spec);
  const { gateway } = spec.route;
  return {
    ...spec.values,
    image: { ...section(spec.values, "image"), tag: spec.sha },
    gateway: { ...section(spec.values, "gateway"), host, path, ...gateway },
  };
}

function section(values: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  const value = values[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
