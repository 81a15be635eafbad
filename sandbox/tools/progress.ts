/** What a preparation tells whoever renders it. Steps run one at a time or side by side; each that starts is done or fails. */
export interface Progress {
  /** Names of the steps to come, in order, told once before the first of them starts. */
  plan?(steps: readonly string[]): void;
  start(step: string): void;
  /** `cached`: the result of an earlier run was found, nothing was made. */
  done(step: string, ms: number, cached: boolean): void;
  /** A line of what the step's program prints, for a terminal that shows the last one. */
  output?(line: string, step: string): void;
}

/** Runs one step and tells its start and its end. `work` answers whether the result was there already. */
export async function reportStep(progress: Progress, step: string, work: () => Promise<boolean>): Promise<void> {
  const started = performance.now();
  progress.start(step);
  const cached = await work();
  progress.done(step, Math.round(performance.now() - started), cached);
}
