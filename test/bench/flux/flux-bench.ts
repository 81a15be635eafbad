import { cpus, loadavg, release, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { FluxBenchOptions, FluxWorld } from "./flux-world.ts";
import { inFluxWorld } from "./in-flux-world.ts";
import { count, releases, watchControllers, type Controller, type Counted } from "./watch-cluster.ts";
import { makers, type Way } from "./ways.ts";

export interface FluxReport {
  readonly machine: {
    readonly cpus: number;
    readonly memoryMb: number;
    readonly kernel: string;
    readonly node: string;
    readonly at: string;
    readonly load: readonly [before: number, after: number];
  };
  readonly rows: readonly FluxFigures[];
}

export interface FluxFigures extends Counted {
  readonly n: number;
  readonly way: Way;
  /** From nothing until every release is Ready. */
  readonly readyMs: number;
  /** Until the driver has ended; absent: there is none. */
  readonly driverMs?: number;
  /** The most that each controller had, in MB. */
  readonly controllersMb: Readonly<Record<Controller, number>>;
}

export interface FluxBenchRun extends FluxBenchOptions {
  /** Numbers of open pull requests. */
  readonly sizes: readonly number[];
  readonly ways: readonly Way[];
}

const POLL_MS = 1000;
/** Of hundreds of releases an answer is large: to look at them all the time would be a load of its own. */
const IDLE_SHARE = 5;
/** Without one more that is Ready in so long it has come to a standstill. */
const STANDSTILL_MS = 600_000;

/** Each number by each way, each in a sandbox of its own: what one leaves behind is no other's burden. */
export async function fluxBench({ sizes, ways, ...options }: FluxBenchRun): Promise<FluxReport> {
  const [before = Number.NaN] = loadavg();
  const at = new Date().toISOString();
  const rows: FluxFigures[] = [];
  for (const n of sizes) {
    for (const way of ways) {
      options.tell(`${n} pull requests, ${way}`);
      const row = await inFluxWorld(n, options, (world) => measure(n, way, world, options));
      // Told at once: what took so long to find out must not be lost to what fails after it.
      options.tell(JSON.stringify(row));
      rows.push(row);
    }
  }
  const [after = Number.NaN] = loadavg();
  const memoryMb = Math.round(totalmem() / 1024 ** 2);
  const machine = { cpus: cpus().length, memoryMb, kernel: release(), node: process.version, at };
  return { machine: { ...machine, load: [before, after] }, rows };
}

async function measure(n: number, way: Way, world: FluxWorld, options: FluxBenchOptions): Promise<FluxFigures> {
  const before = await count(world);
  const memory = watchControllers(world);
  const begin = performance.now();
  const since = () => Math.round(performance.now() - begin);
  let driverMs: number | undefined;
  const making = makers[way](world, n).then(() => {
    if (way !== "flux, github") driverMs = since();
  });
  const failure = making.then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    await Promise.race([allReady(n, world, options), making.then(() => allReady(n, world, options))]);
    const readyMs = since();
    await making;
    const after = await count(world);
    return {
      n,
      way,
      readyMs,
      ...(driverMs === undefined ? {} : { driverMs }),
      github: after.github - before.github,
      kubernetes: after.kubernetes - before.kubernetes,
      writes: after.writes - before.writes,
      controllersMb: await memory.stop(),
    };
  } finally {
    await Promise.all([memory.stop(), failure]);
  }
}

async function allReady(n: number, world: FluxWorld, { tell, signal }: FluxBenchOptions): Promise<void> {
  let most = 0;
  for (let moved = performance.now(); ;) {
    signal.throwIfAborted();
    const asked = performance.now();
    const { ready, failed } = await releases(world);
    const tookMs = performance.now() - asked;
    if (ready >= n) return;
    if (ready > most) {
      if (Math.floor(ready / 50) > Math.floor(most / 50)) tell(`${ready} of ${n} Ready`);
      most = ready;
      moved = performance.now();
    }
    if (performance.now() - moved > STANDSTILL_MS) {
      throw new Error(`no more than ${ready} of ${n} releases came to be Ready; ${failed} have failed`);
    }
    await sleep(Math.max(POLL_MS, IDLE_SHARE * tookMs), undefined, { signal });
  }
}
