import { previewName } from "../../../components/manifests/preview.ts";
import { figure, timed, turns } from "../measure.ts";
import { commit, counts, specOf, type Bench } from "./bench-world.ts";
import { openPullRequests } from "./many-pull-requests.ts";
import type { ContentionFigures } from "./report.ts";
import { watched, type Watched } from "./watched.ts";
import { naive } from "./ways/naive.ts";

const PREVIEWS = 20;
/** Each run takes minutes. */
const MOST_RUNS = 3;
/** The naive way asks no GitHub: its pull requests need not exist, and are others than the driver's. */
const FIRST_NAIVE_NUMBER = 2001;

/** Many previews at once where Flux takes no time, with as many workers as there are by default and with one: made, and taken away. */
export async function contention(bench: Bench): Promise<ContentionFigures> {
  const { world, config } = bench;
  const pullRequests = await openPullRequests(bench, PREVIEWS);
  const [owner = "", repo = ""] = config.repository.split("/");
  const setAll = async (state: "open" | "closed") => {
    for (const { number } of pullRequests)
      await world.octokit.rest.pulls.update({ owner, repo, pull_number: number, state });
  };
  const sync = (flags: readonly string[]) => watched(() => world.previews(["sync", "--json", ...flags]), bench.signal);
  const made = { default: [] as Watched[], one: [] as Watched[] };
  const gone = { default: [] as Watched[], one: [] as Watched[] };
  for (const way of turns(["default", "one"] as const, Math.min(bench.runs, MOST_RUNS)).flat()) {
    const flags = way === "one" ? ["--concurrency", "1"] : [];
    bench.tell(`${PREVIEWS} previews, ${way === "one" ? "one after the other" : `${config.concurrency} at once`}`);
    made[way].push(await sync(flags));
    await setAll("closed");
    bench.tell("… and gone");
    gone[way].push(await sync([...flags, "--confirm-destroys", String(PREVIEWS)]));
    await setAll("open");
  }
  const byHand = await naively(bench);
  const times = (runs: readonly Watched[]) => figure(runs.map(({ ms }) => ms));
  const highest = (runs: readonly Watched[]) => runs.map(({ peak }) => peak).toSorted((a, b) => b.rssMb - a.rssMb)[0];
  const serial = times(made.one);
  return {
    n: PREVIEWS,
    concurrency: config.concurrency,
    ...times(made.default),
    serialMs: serial.ms,
    serialRange: serial.range,
    ...byHand,
    peakRssMb: highest(made.default)?.rssMb ?? Number.NaN,
    peakProcesses: highest(made.default)?.processes ?? Number.NaN,
    serialPeakRssMb: highest(made.one)?.rssMb ?? Number.NaN,
    destroy: { ms: times(gone.default).ms, serialMs: times(gone.one).ms },
  };
}

/** As many in the naive way, once: no run differs from another by as much as from the driver's. They go with their world. */
async function naively(bench: Bench): Promise<Pick<ContentionFigures, "naiveMs" | "naivePulumiProcesses">> {
  bench.tell(`${PREVIEWS} previews in the naive way`);
  const previews = Array.from({ length: PREVIEWS }, (_, index) => {
    const number = FIRST_NAIVE_NUMBER + index;
    const spec = specOf(bench, number, commit(number, 1));
    return { name: previewName(spec), spec };
  });
  await bench.world.footprint();
  const ms = await timed(() => naive(bench, { action: "up", previews }));
  return { naiveMs: Math.round(ms), naivePulumiProcesses: (await counts(bench)).pulumi };
}
