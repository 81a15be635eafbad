import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

export interface PeakMemory {
  /** Resident memory of the process and all below it, at its highest. What they share counts once for each. */
  readonly rssMb: number;
  /** How many they were then. */
  readonly processes: number;
}

interface ProcessEntry {
  readonly parent: number;
  readonly pages: number;
}

const EVERY_MS = 200;
const PAGE_BYTES = 4096;

/** Watches the memory of a process and of all below it, until it is stopped. */
export function watchMemory(pid: number): { stop(): Promise<PeakMemory> } {
  const ended = new AbortController();
  let peak: PeakMemory = { rssMb: 0, processes: 0 };
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const tree = below(pid, await allProcesses());
      const rssMb = Math.round((tree.reduce((sum, { pages }) => sum + pages, 0) * PAGE_BYTES) / 1024 ** 2);
      if (rssMb > peak.rssMb) peak = { rssMb, processes: tree.length };
      await sleep(EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      ended.abort();
      await watching;
      return peak;
    },
  };
}

function below(pid: number, all: ReadonlyMap<number, ProcessEntry>): readonly ProcessEntry[] {
  const own = all.get(pid);
  const children = [...all].filter(([, { parent }]) => parent === pid);
  return [...(own ? [own] : []), ...children.flatMap(([child]) => below(child, all))];
}

async function allProcesses(): Promise<ReadonlyMap<number, ProcessEntry>> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  const entries = await Promise.all(
    pids.map(async (pid): Promise<[number, ProcessEntry][]> => {
      // One that has just ended has no entry any more.
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
      if (stat === undefined) return [];
      // The name, in brackets, may hold anything: what is counted comes after it.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [[Number(pid), { parent: Number(fields[1]), pages: Number(fields[21]) }]];
    }),
  );
  return new Map(entries.flat());
}
