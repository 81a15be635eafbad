import { loadConfig } from "../../../automation/config.ts";
import { openPorts } from "../../../automation/ports.ts";
import { sync } from "../../../automation/sync.ts";
import type { Progress } from "../../../automation/progress/progress.ts";
import type { MemorySample } from "./report.ts";

// A driver that lives on: the real adapters, and nothing to do, as often as the first argument says.
const nothing = () => undefined;
const silent: Progress = { start: nothing, report: nothing, finish: nothing, stop: () => Promise.resolve() };
const [, , times = "0", every = "1"] = process.argv;
const config = await loadConfig({ cwd: process.cwd(), env: process.env, flags: {} });
const ports = await openPorts(config, process.env);
const signal = new AbortController().signal;
const context = { config, ports, progress: silent, signal, now: () => performance.now(), today: () => Date.now() };
const samples: MemorySample[] = [];
const took: number[] = [];
for (let syncs = 1; syncs <= Number(times); syncs++) {
  const begin = performance.now();
  const { outcomes } = await sync(context);
  await ports.memory.save();
  took.push(performance.now() - begin);
  const busy = outcomes.find(({ action }) => action !== "keep");
  if (busy) throw new Error(`there was something to do: "${busy.action}" about "${busy.name}"`);
  if (syncs % Number(every) === 0) samples.push(sample(syncs));
}
await ports.engine.close();
process.stdout.write(JSON.stringify({ samples, took }));
process.exit(0);

function sample(syncs: number): MemorySample {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const mb = (bytes: number) => Math.round((bytes / 1024 ** 2) * 10) / 10;
  return { syncs, heapMb: mb(heapUsed), rssMb: mb(rss) };
}
