import { parsePreviewName, type PreviewIdentity } from "../components/manifests/preview.ts";
import type { ClusterPreview } from "./cluster/cluster.ts";
import type { ControlObject, Observation, Preview } from "./model.ts";
import type { Ports } from "./ports.ts";
import { allOrProblems } from "./problem.ts";

/** Reads what is in the cluster, in two requests. Whether a preview has a stack stays open. */
export async function glance({ cluster }: Pick<Ports, "cluster">, signal: AbortSignal): Promise<Observation> {
  const found = await cluster.previews(signal);
  return { previews: found.map((preview) => ({ ...preview, stack: undefined, rest: [] })), unknownStacks: [] };
}

/** Reads all there is: stacks and cluster objects of every kind. All of it, or an error. */
export async function observe(
  { engine, cluster }: Pick<Ports, "engine" | "cluster">,
  signal: AbortSignal,
): Promise<Observation> {
  const [stacks, inCluster, rest] = await allOrProblems([
    engine.stacks(signal),
    cluster.previews(signal),
    cluster.controlObjects(signal),
  ]);
  const observed = merge(stacks, inCluster, rest);
  const previews = await Promise.all(
    observed.previews.map(async (preview) =>
      // The cluster says whose a preview is; only what has nothing there must be asked for it.
      preview.repository === undefined && preview.stack
        ? { ...preview, repository: await engine.repositoryOf(preview.name, signal) }
        : preview,
    ),
  );
  return { ...observed, previews };
}

/** Puts stacks and cluster objects together by the name of the preview. PURE. */
export function merge(
  stacks: readonly string[],
  inCluster: readonly ClusterPreview[],
  rest: readonly ControlObject[],
): Observation {
  const found = new Map(
    inCluster.map((preview): [string, Preview] => [preview.name, { ...preview, stack: false, rest: [] }]),
  );
  const change = (name: string, changed: (preview: Preview) => Preview): boolean => {
    const identity = parsePreviewName(name);
    if (identity) found.set(name, changed(found.get(name) ?? nothingOf(name, identity)));
    return identity !== undefined;
  };
  for (const { preview, object, repository } of rest) {
    change(preview, (one) => ({ ...one, rest: [...one.rest, object], repository: one.repository ?? repository }));
  }
  const unknownStacks = stacks.filter((stack) => !change(stack, (one) => ({ ...one, stack: true })));
  return { previews: [...found.values()].sort(byNumberAndName), unknownStacks };
}

function nothingOf(name: string, { number, app }: PreviewIdentity): Preview {
  return { number, app, name, stack: false, namespace: undefined, release: undefined, rest: [], repository: undefined };
}

export function byNumberAndName(
  a: { readonly number: number; readonly name: string },
  b: { readonly number: number; readonly name: string },
): number {
  return a.number - b.number || a.name.localeCompare(b.name, "en");
}
