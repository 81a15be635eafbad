/** Several measurements of one thing: the middle one, and the extremes, because machines are noisy. */
export interface Figure {
  readonly ms: number;
  readonly range: readonly [least: number, most: number];
}

export function figure(measured: readonly number[]): Figure {
  const sorted = measured.map(Math.round).toSorted((a, b) => a - b);
  const [least, most] = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
  return { ms: median(sorted), range: [least, most] };
}

export function median(measured: readonly number[]): number {
  const sorted = measured.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? Number.NaN) + upper) / 2);
}

/** Milliseconds that the work takes. */
export async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** The turns of several contestants, one after the other: each round begins with another one, so that none is always first. */
export function turns<T>(contestants: readonly T[], rounds: number): readonly (readonly T[])[] {
  return Array.from({ length: rounds }, (_, round) => {
    const first = round % Math.max(contestants.length, 1);
    return [...contestants.slice(first), ...contestants.slice(0, first)];
  });
}
