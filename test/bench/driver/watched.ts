import type { Driver } from "../../support/driver-world.ts";
import { watchMemory, type PeakMemory } from "../process-memory.ts";

export interface Watched {
  readonly ms: number;
  readonly peak: PeakMemory;
}

/** One `previews sync` that must converge, with an eye on the memory of all that it starts. */
export async function watched(start: () => Driver, signal: AbortSignal): Promise<Watched> {
  const begin = performance.now();
  const driver = start();
  const interrupt = () => driver.kill("SIGINT");
  signal.addEventListener("abort", interrupt, { once: true });
  const memory = watchMemory(driver.pid ?? 0);
  try {
    const { exitCode, stdout, stderr } = await driver;
    const ms = performance.now() - begin;
    signal.throwIfAborted();
    if (exitCode !== 0)
      throw new Error(`previews sync ended with exit code ${String(exitCode)}:\n${stderr}\n${stdout}`);
    return { ms, peak: await memory.stop() };
  } finally {
    await memory.stop();
    signal.removeEventListener("abort", interrupt);
  }
}
