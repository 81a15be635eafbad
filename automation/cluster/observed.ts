import {
  LABEL_PREFIX,
  parsePreviewName,
  previewName,
  type PreviewIdentity,
} from "../../components/manifests/preview.ts";
import type { ControlObject, ReleaseState } from "../model.ts";
import type { ClusterPreview } from "./cluster.ts";
import { isFluxOperators, isYielded } from "./engine-traces.ts";
import { condition, type Conditioned, type Metadata } from "./objects.ts";

/** Puts the namespaces and HelmReleases of previews together by name. Objects with other names are not previews. */
export function clusterPreviews(
  namespaces: readonly Conditioned[],
  releases: readonly Conditioned[],
  engine: string,
): ClusterPreview[] {
  const found = [byName(namespaces), byName(releases)] as const;
  const names = new Set(found.flatMap((objects) => [...objects.keys()]));
  return [...names].flatMap((name) => {
    const identity = parsePreviewName(name);
    return identity ? [clusterPreview(identity, found[0].get(name), found[1].get(name), engine)] : [];
  });
}

export function clusterPreview(
  { number, app }: PreviewIdentity,
  namespace: Conditioned | undefined,
  release: Conditioned | undefined,
  engine: string,
): ClusterPreview {
  const other = otherEngine([namespace?.metadata, release?.metadata], engine);
  return {
    number,
    app,
    name: previewName({ number, app }),
    repository: annotation(release?.metadata, "repository") ?? annotation(namespace?.metadata, "repository"),
    namespace: namespace && {
      terminating: namespace.metadata?.deletionTimestamp !== undefined,
      createdAt: namespace.metadata?.creationTimestamp ?? "",
    },
    release: release && releaseState(release),
    ...(other === undefined ? {} : { otherEngine: other }),
  };
}

/** The engine that holds a preview's objects, or that is taking them over, where it is not this one. */
function otherEngine(objects: readonly (Metadata | undefined)[], engine: string): string | undefined {
  const found = objects.filter((metadata) => metadata !== undefined);
  const made = found.map(({ labels = {} }) => labels[`${LABEL_PREFIX}/engine`]);
  const other = made.find((one) => one !== undefined && one !== engine);
  if (other !== undefined) return other;
  if (engine === "flux") return found.some(isYielded) ? "automation" : undefined;
  return found.some(isFluxOperators) ? "flux" : undefined;
}

/** The objects of previews among these, by the label that names the preview. */
export function controlObjects(kind: string, objects: readonly Conditioned[]): ControlObject[] {
  return objects.flatMap(({ metadata }) => {
    const preview = metadata?.labels?.[`${LABEL_PREFIX}/preview`];
    if (preview === undefined) return [];
    const object = `${kind} ${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
    return [{ preview, object, repository: annotation(metadata, "repository") }];
  });
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

function byName(objects: readonly Conditioned[]): ReadonlyMap<string, Conditioned> {
  return new Map(objects.map((object) => [object.metadata?.name ?? "", object]));
}

function annotation(metadata: Metadata | undefined, key: string): string | undefined {
  return metadata?.annotations?.[`${LABEL_PREFIX}/${key}`];
}
