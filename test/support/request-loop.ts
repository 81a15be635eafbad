import { once } from "node:events";
import { Worker } from "node:worker_threads";

export interface RequestLoop {
  /** What was asked and answered since the last look. */
  take(): Promise<Asked>;
  stop(): Promise<void>;
}

export interface Asked {
  readonly requests: number;
  /** Requests that got no answer or one other than 200, each told in a line with its time. */
  readonly failures: readonly string[];
  /** Distinct bodies in the order of their first appearance. */
  readonly bodies: readonly string[];
}

/** Where the loop asks, and how often. */
export interface LoopTarget {
  readonly address: string;
  readonly host: string;
  readonly everyMs: number;
}

/** Asks a host at an address again and again, in a thread of its own: a test that waits for a program must not pause it. */
export function requestLoop(target: Omit<LoopTarget, "everyMs">): RequestLoop {
  const workerData: LoopTarget = { ...target, everyMs: 20 };
  const worker = new Worker(new URL("./request-loop-worker.ts", import.meta.url), { workerData, execArgv: [] });
  return {
    take: async () => {
      worker.postMessage("take");
      const [asked] = (await once(worker, "message")) as [Asked];
      return asked;
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
