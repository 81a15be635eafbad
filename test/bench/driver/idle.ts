import { setTimeout as sleep } from "node:timers/promises";
import { figure, timed, turns } from "../measure.ts";
import { counts, type Bench } from "./bench-world.ts";
import type { SomePreview } from "./many-previews.ts";
import type { IdleFigures } from "./report.ts";
import { naive } from "./ways/naive.ts";

/** More than this is not settling. */
const MOST_SYNCS_TO_SETTLE = 6;
const A_SECOND_MS = 1000;
const FULL_LOOKS = 3;
/** It takes ten times as long as all others, and differs by less. */
const MOST_NAIVE_RUNS = 3;

export type NaiveFigures = Pick<IdleFigures, "naiveMs" | "naivePulumiProcesses">;

/** Syncs until nothing is left to be said on pull requests, and what could be remembered is. */
export async function settle(bench: Bench): Promise<void> {
  bench.tell("syncs until nothing is left to do");
  await bench.world.footprint();
  for (let sync = 0; sync < MOST_SYNCS_TO_SETTLE; sync++) {
    await bench.sync();
    const { githubWrites, githubRequests, githubNotModified, pulumi } = await counts(bench);
    if (githubWrites === 0 && pulumi === 0 && githubRequests === githubNotModified) return;
    // What is asked for in the second in which it changed is asked for again.
    await sleep(A_SECOND_MS, undefined, { signal: bench.signal });
  }
  throw new Error(`after ${MOST_SYNCS_TO_SETTLE} syncs the driver still has something to do or to find out`);
}

/** @param known what the naive way takes for another number of pull requests; without it, it is measured */
export async function idle(
  bench: Bench,
  previews: readonly SomePreview[],
  known?: NaiveFigures & { readonly n: number },
): Promise<IdleFigures> {
  const n = previews.length;
  bench.tell(`idle, ${n} pull requests: sync${known ? "" : ", and the naive way"}`);
  const syncs: number[] = [];
  const seen: Awaited<ReturnType<typeof counts>>[] = [];
  const naives: number[] = [];
  const naiveProcesses: number[] = [];
  const sync = async () => {
    syncs.push(await timed(() => bench.sync()));
    seen.push(await counts(bench));
  };
  const everyStack = async () => {
    if (known || naives.length >= MOST_NAIVE_RUNS) return;
    naives.push(await timed(() => naive(bench, { action: "up", previews })));
    naiveProcesses.push((await counts(bench)).pulumi);
  };
  for (const round of turns([sync, everyStack], bench.runs)) for (const way of round) await way();
  const naiveFigures = known
    ? {
        naiveMs: Math.round((known.naiveMs * n) / known.n),
        naivePulumiProcesses: (known.naivePulumiProcesses * n) / known.n,
      }
    : { naiveMs: figure(naives).ms, naivePulumiProcesses: Math.max(...naiveProcesses) };
  const most = (count: keyof (typeof seen)[number]) => Math.max(...seen.map((one) => one[count]));
  return {
    n,
    pulumiProcesses: most("pulumi"),
    githubRequests: most("githubRequests"),
    githubNotModified: Math.min(...seen.map(({ githubNotModified }) => githubNotModified)),
    githubWrites: most("githubWrites"),
    kubernetesRequests: most("kubernetesRequests"),
    ...figure(syncs),
    ...naiveFigures,
    naiveExtrapolated: known !== undefined,
    full: await fullLooks(bench),
  };
}

async function fullLooks(bench: Bench): Promise<IdleFigures["full"]> {
  const looks: number[] = [];
  const seen: Awaited<ReturnType<typeof counts>>[] = [];
  for (let look = 0; look < FULL_LOOKS; look++) {
    looks.push(await timed(() => bench.sync("--full")));
    seen.push(await counts(bench));
  }
  return {
    ...figure(looks),
    pulumiProcesses: Math.max(...seen.map(({ pulumi }) => pulumi)),
    kubernetesRequests: Math.max(...seen.map(({ kubernetesRequests }) => kubernetesRequests)),
  };
}
