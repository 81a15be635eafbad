import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { onlyApp } from "../../../automation/apps.ts";
import type { PullRequest } from "../../../automation/model.ts";
import { previewSpec } from "../../../automation/preview-spec.ts";
import { previewName, previewObjects, type PreviewSpec } from "../../../components/manifests/preview.ts";
import type { Bench } from "./bench-world.ts";
import { naive } from "./ways/naive.ts";

export interface SomePreview {
  readonly name: string;
  readonly spec: PreviewSpec;
}

const AT_ONCE = 8;

/**
 * The previews of these pull requests as the driver would have made them. The first are made with Pulumi; of the others
 * there is what a driver with nothing to do looks at: namespace, release, and a stack that is the copy of another.
 */
export async function makePreviews(
  bench: Bench,
  pullRequests: readonly PullRequest[],
  withPulumi: number,
): Promise<readonly SomePreview[]> {
  const previews = pullRequests.map((pullRequest) => {
    const spec = previewSpec(bench.config, pullRequest, onlyApp);
    return { name: previewName(spec), spec };
  });
  const [made, copied] = [previews.slice(0, withPulumi), previews.slice(withPulumi)];
  bench.tell(`${made.length} previews with Pulumi, ${copied.length} more by copying`);
  await naive(bench, { action: "up", previews: made });
  const { flux } = bench.world;
  // With so many objects, whoever looks at all of them at every change is in the way of what is measured.
  flux.paused = true;
  const limit = pLimit(AT_ONCE);
  await Promise.all(copied.map(({ spec }) => limit(() => makeObjects(bench, spec))));
  flux.paused = false;
  await untilReady(bench, previews.length);
  flux.paused = true;
  if (made[0]) await copyStack(bench, made[0].name, copied);
  return previews;
}

async function makeObjects({ kubernetes, signal }: Bench, spec: PreviewSpec): Promise<void> {
  signal.throwIfAborted();
  const { namespace, helmRelease } = previewObjects(spec);
  const releases = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${spec.controlNamespace}/helmreleases`;
  const created = await Promise.all([
    kubernetes.send("POST", "/api/v1/namespaces", namespace),
    kubernetes.send("POST", releases, helmRelease),
  ]);
  if (created.includes(undefined)) throw new Error(`the API server refused the objects of "${previewName(spec)}"`);
}

interface ReleaseList {
  readonly items?: readonly { readonly status?: { readonly conditions?: readonly unknown[] } }[];
}

async function untilReady({ kubernetes, config, signal }: Bench, count: number): Promise<void> {
  const releases = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${config.controlNamespace}/helmreleases`;
  for (;;) {
    const { items = [] } = ((await kubernetes.send("GET", releases)) ?? {}) as ReleaseList;
    if (items.filter(({ status }) => status?.conditions !== undefined).length >= count) return;
    await sleep(500, undefined, { signal });
  }
}

/** A stack's state is a file; that it was made for another preview does not matter to who lists it. */
async function copyStack({ world, config }: Bench, name: string, previews: readonly SomePreview[]): Promise<void> {
  const folder = join(world.folder, "state/.pulumi/stacks", config.pulumi.project);
  const state = await readFile(join(folder, `${name}.json`), "utf8");
  for (const preview of previews) {
    await writeFile(join(folder, `${preview.name}.json`), state.replaceAll(name, preview.name));
  }
}
