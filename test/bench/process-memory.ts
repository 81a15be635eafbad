import { readdirSync, readFileSync } from "node:fs";
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

/** A look takes some milliseconds of the processor time that is measured. */
const EVERY_MS = 500;
const PAGE_BYTES = 4096;

/** Watches the memory of a process and of all below it, until it is stopped. */
export function watchMemory(pid: number): { stop(): Promise<PeakMemory> } {
  const ended = new AbortController();
  let peak: PeakMemory = { rssMb: 0, processes: 0 };
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const tree = below(pid, allProcesses());
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

function allProcesses(): ReadonlyMap<number, ProcessEntry> {
  const pids = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
  return new Map(pids.flatMap(entryOf));
}

function entryOf(pid: string): [number, ProcessEntry][] {
  try {
    // Read one after the other: many small promises take six times as long.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold anything: what is counted comes after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [[Number(pid), { parent: Number(fields[1]), pages: Number(fields[21]) }]];
  } catch {
    // One that has just ended has no entry any more.
    return [];
  }
}
