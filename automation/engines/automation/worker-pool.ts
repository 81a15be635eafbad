import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PolicyRefusal, PreviewError } from "../engine.ts";
import type { FromWorker, Job, News, ToWorker } from "./messages.ts";

export interface WorkerPoolOptions {
  /** Module the workers run. */
  readonly module: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface JobRun {
  readonly signal: AbortSignal;
  readonly tell: (news: News) => void;
}

const LAST_WORDS = 1000;

/**
 * Worker processes, each running one stack at a time: Pulumi's inline programs share process-wide handlers. A worker
 * starts when a job finds none idle, so that there are never more of them than jobs at once.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts workers until there are so many. */
  prepare(count: number): void {
    while (this.#all.size < count) this.#idle.push(this.#start());
  }

  async run(job: Job, { signal, tell }: JobRun): Promise<void> {
    signal.throwIfAborted();
    const worker = this.#idleWorker() ?? this.#start();
    const complaints = lastWords(worker);
    // Pulumi gets one interrupt and as long as it needs: a second one makes it leave the stack's lock behind.
    const cancel = () => {
      send(worker, { type: "cancel" });
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        worker.on("message", (message: FromWorker) => {
          if (message.type === "done") resolve();
          else if (message.type !== "failed") tell(message);
          else reject(message.refused ? new PolicyRefusal(message.message) : new PreviewError(message.message));
        });
        worker.once("exit", (code, killedBy) => {
          const how = killedBy ?? `exit code ${String(code)}`;
          reject(
            new PreviewError(`its worker process ended in the middle of the work (${how}) ${complaints()}`.trim()),
          );
        });
        worker.once("error", (error) => {
          reject(new PreviewError(`its worker process failed: ${error.message}`, { cause: error }));
        });
        send(worker, { type: "run", job });
      });
    } finally {
      signal.removeEventListener("abort", cancel);
      for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
      worker.on("error", leftToItsNextJob);
      worker.stderr?.removeAllListeners("data").resume();
      if (isAlive(worker)) this.#idle.push(worker);
      else this.#all.delete(worker);
    }
  }

  /** Lets go of the workers: one without a driver ends. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#all].filter(isAlive).map(
        (worker) =>
          new Promise((resolve) => {
            worker.once("exit", resolve);
            worker.disconnect();
          }),
      ),
    );
    this.#all.clear();
    this.#idle.length = 0;
  }

  #idleWorker(): ChildProcess | undefined {
    for (let worker = this.#idle.pop(); worker; worker = this.#idle.pop()) {
      if (isAlive(worker)) return worker;
      this.#all.delete(worker);
    }
    return undefined;
  }

  #start(): ChildProcess {
    const worker = fork(this.#options.module, [], {
      env: this.#options.env,
      execArgv: this.#options.module.endsWith(".ts") ? ["--import", import.meta.resolve("tsx")] : [],
      // A group of its own: a terminal's Ctrl-C must reach Pulumi once, through us, and not a second time from there.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced",
    });
    worker.on("error", leftToItsNextJob);
    this.#all.add(worker);
    return worker;
  }
}

/** A worker that fails while it is idle is not alive when it is wanted. */
const leftToItsNextJob = () => undefined;

function send(worker: ChildProcess, message: ToWorker): void {
  // A worker that is gone says so by its exit event.
  if (worker.connected) worker.send(message, () => undefined);
}

/** What a worker wrote last: the only thing known about one that died. */
function lastWords(worker: ChildProcess): () => string {
  let text = "";
  worker.stderr?.on("data", (chunk: Buffer) => (text = (text + chunk.toString("utf8")).slice(-LAST_WORDS)));
  return () => text.trim();
}

function isAlive(worker: ChildProcess): boolean {
  return worker.connected && worker.exitCode === null && worker.signalCode === null;
}

/** Beside this file as source; beside the bundle that this file is part of. */
export function workerModule(): string {
  const name = import.meta.url.endsWith(".ts") ? "worker.ts" : "worker.cjs";
  return fileURLToPath(new URL(name, import.meta.url));
}
