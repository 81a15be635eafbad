export interface PatienceOptions {
  readonly ms: number;
  /** Milliseconds, from any start. */
  readonly now: () => number;
  /** Many are worked on at once by a cluster that takes some at a time: the others stand in line. */
  readonly inLine: boolean;
}

/**
 * How long is waited for a preview. Of those that stand in line the last would be given up for what the ones before it
 * took, so there the time counts from when one of them was done last.
 */
export class Patience {
  readonly #options: PatienceOptions;
  #lastDone = Number.NEGATIVE_INFINITY;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  get ms(): number {
    return this.#options.ms;
  }

  /** Begins to wait. Tells from then on whether it has taken too long. */
  begin(): () => boolean {
    const { ms, now } = this.#options;
    const begun = now();
    return () => now() - Math.max(begun, this.#lastDone) > ms;
  }

  /** What one of them waited for has come. */
  done(): void {
    const { inLine, now } = this.#options;
    if (inLine) this.#lastDone = now();
  }
}
