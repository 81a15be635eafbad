/**
 * What the driver remembers from one run to the next so as not to ask again: answers with their ETags, facts, and what it
 * last wrote. Never the source of a decision by itself: without it everything is asked for, and the result is the same.
 * Values are JSON.
 */
export interface Memory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** Writes what changed. A memory that cannot be written is no failure of the run. */
  save(): Promise<void>;
}
