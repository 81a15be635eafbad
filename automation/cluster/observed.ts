import { LABEL_PREFIX, parsePreviewName, previewName } from "../../components/manifests/preview.ts";
import type { ReleaseState } from "../model.ts";
import type { ClusterPreview } from "./cluster.ts";
import { condition, type Conditioned, type Metadata } from "./objects.ts";

/** Puts the namespaces and HelmReleases of previews together by number. Objects with other names are not previews. */
export function clusterPreviews(
  namespaces: readonly Conditioned[],
  releases: readonly Conditioned[],
): ClusterPreview[] {
  const numbers = [...namespaces, ...releases].map(({ metadata }) => parsePreviewName(metadata?.name ?? ""));
  const known = [...new Set(numbers.filter((number) => number !== undefined))].sort((a, b) => a - b);
  return known.map((number) => clusterPreview(number, named(namespaces, number), named(releases, number)));
}

export function clusterPreview(
  number: number,
  namespace: Conditioned | undefined,
  release: Conditioned | undefined,
): ClusterPreview {
  return {
    number,
    name: previewName(number),
    repository: annotation(release?.metadata, "repository") ?? annotation(namespace?.metadata, "repository"),
    namespace: namespace && {
      terminating: namespace.metadata?.deletionTimestamp !== undefined,
      createdAt: namespace.metadata?.creationTimestamp ?? "",
    },
    release: release && releaseState(release),
  };
}

function releaseState(release: Conditioned): ReleaseState {
  const { metadata } = release;
  const sha = annotation(metadata, "head-sha") ?? "";
  const ready = condition(release, "Ready");
  const message = notReady(release, sha);
  return {
    sha,
    specHash: annotation(metadata, "spec-hash") ?? "",
    branch: annotation(metadata, "branch") ?? "",
    ready: ready?.status === "True" && message === "",
    terminating: metadata?.deletionTimestamp !== undefined,
    message,
    // Until the controller has seen the latest change, its count is about the one before.
    failures: ready?.observedGeneration === metadata?.generation ? (release.status?.failures ?? 0) : 0,
    createdAt: metadata?.creationTimestamp ?? "",
  };
}

/** Why the release does not show this commit yet; empty when it does. */
function notReady(release: Conditioned, sha: string): string {
  const ready = condition(release, "Ready");
  if (!ready) return "the controller has not looked at it yet";
  if (ready.status !== "True") return ready.message ?? ready.reason ?? "the controller gives no reason";
  const observed = ready.observedGeneration ?? release.status?.observedGeneration;
  if (observed !== undefined && observed !== release.metadata?.generation) {
    return "the controller has not seen its latest change yet";
  }
  // Flux appends the commit to the chart's version. Ready may still speak of the chart of the commit before.
  const chartCommit = /\+([0-9a-f]{7,40})/.exec(release.status?.lastAttemptedRevision ?? "")?.[1];
  if (chartCommit !== undefined && !sha.startsWith(chartCommit))
    return `it still shows commit ${chartCommit.slice(0, 7)}`;
  return "";
}

function named(objects: readonly Conditioned[], number: number): Conditioned | undefined {
  return objects.find(({ metadata }) => metadata?.name === previewName(number));
}

function annotation(metadata: Metadata | undefined, key: string): string | undefined {
  return metadata?.annotations?.[`${LABEL_PREFIX}/${key}`];
}
