import { parsePreviewName, previewName } from "../components/manifests/preview.ts";
import type { ClusterPreview } from "./cluster/cluster.ts";
import type { Observation, Preview } from "./model.ts";
import type { Ports } from "./ports.ts";
import { allOrProblems } from "./problem.ts";

/** Reads what there is: stacks and cluster objects. All of it, or an error. */
export async function observe(
  { engine, cluster }: Pick<Ports, "engine" | "cluster">,
  signal: AbortSignal,
): Promise<Observation> {
  const [stacks, inCluster] = await allOrProblems([engine.stacks(signal), cluster.previews(signal)]);
  const observed = merge(stacks, inCluster);
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

/** Puts stacks and cluster objects together by pull request number. PURE. */
export function merge(stacks: readonly string[], inCluster: readonly ClusterPreview[]): Observation {
  const found = new Map(inCluster.map((preview): [number, Preview] => [preview.number, { ...preview, stack: false }]));
  const unknownStacks: string[] = [];
  for (const stack of stacks) {
    const number = parsePreviewName(stack);
    if (number === undefined) unknownStacks.push(stack);
    else found.set(number, { ...(found.get(number) ?? nothingOf(number)), stack: true });
  }
  return { previews: [...found.values()].sort((a, b) => a.number - b.number), unknownStacks };
}

function nothingOf(number: number): Preview {
  const name = previewName(number);
  return { number, name, stack: false, namespace: undefined, release: undefined, repository: undefined };
}
