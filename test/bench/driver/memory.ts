import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { figure } from "../measure.ts";
import type { Bench } from "./bench-world.ts";
import type { MemoryFigures, MemorySample } from "./report.ts";

const SYNCS = 1000;
const SAMPLE_EVERY = 50;

/** The memory of a driver that syncs again and again. Wants a world where nothing is to do. */
export async function memory(bench: Bench): Promise<MemoryFigures> {
  bench.tell(`memory of a driver that syncs ${SYNCS} times`);
  const { world, signal } = bench;
  const loop = fileURLToPath(import.meta.resolve("./memory-loop.ts"));
  const args = ["--expose-gc", "--import", import.meta.resolve("tsx"), loop, String(SYNCS), String(SAMPLE_EVERY)];
  const { stdout } = await execa("node", args, {
    cwd: join(world.folder, "work"),
    env: world.env,
    extendEnv: false,
    stdin: "ignore",
    cancelSignal: signal,
  });
  await world.footprint();
  const { samples, took } = JSON.parse(stdout) as {
    readonly samples: readonly MemorySample[];
    readonly took: readonly number[];
  };
  return { syncs: SYNCS, ...figure(took), samples };
}
