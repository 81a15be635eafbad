import { jobContext, jobKey, type Job } from "./jobs.ts";
import { BuildFailure } from "./pipeline.ts";
import type { Status, StatusReporter } from "./status.ts";

export interface BuildQueueOptions {
  readonly pipeline: { isDone(job: Job): Promise<boolean>; run(job: Job): Promise<void> };
  readonly statuses: StatusReporter;
  readonly log: (line: string) => void;
}

/**
 * Builds one commit after the other. It remembers only what it has finished; everything else it asks the registry and the
 * commit's statuses, so that a restart picks up where a kill left off.
 */
export class BuildQueue {
  readonly #options: BuildQueueOptions;
  readonly #announced = new Set<string>();
  readonly #finished = new Set<string>();

  constructor(options: BuildQueueOptions) {
    this.#options = options;
  }

  /** Takes note of the jobs there are, and does the first that is open. False when none is. */
  async step(jobs: readonly Job[]): Promise<boolean> {
    const open = jobs.filter((job) => !this.#finished.has(jobKey(job)));
    for (const job of open) await this.#announce(job);
    const job = open.find((candidate) => !this.#finished.has(jobKey(candidate)));
    if (!job) return false;
    await this.#build(job);
    this.#finished.add(jobKey(job));
    return true;
  }

  async #announce(job: Job): Promise<void> {
    if (this.#announced.has(jobKey(job))) return;
    const done = await this.#options.pipeline.isDone(job);
    const state = await this.#options.statuses.current(job.sha, jobContext(job));
    if (done && state !== "success") await this.#report(job, "success", "in the registry");
    if (!done && state !== "pending") await this.#report(job, "pending", "waiting for its turn");
    this.#announced.add(jobKey(job));
    if (done) this.#finished.add(jobKey(job));
  }

  async #build(job: Job): Promise<void> {
    const { pipeline, log } = this.#options;
    const what = `${job.sha.slice(0, 7)} ${jobContext(job)}`;
    const started = performance.now();
    try {
      await pipeline.run(job);
    } catch (error) {
      if (!(error instanceof BuildFailure)) throw error;
      log(`${what}: failed: ${error.message}`);
      await this.#report(job, "failure", error.message);
      return;
    }
    const description = `built in ${((performance.now() - started) / 1000).toFixed(1)} s`;
    log(`${what}: ${description}`);
    await this.#report(job, "success", description);
  }

  #report(job: Job, state: Status["state"], description: string): Promise<void> {
    return this.#options.statuses.report({ sha: job.sha, context: jobContext(job), state, description });
  }
}
