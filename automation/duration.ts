const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Seconds of a duration such as `1h30m`, rounded up. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/([0-9.]+)(s|m|h)/g)];
  return Math.ceil(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? "s"] ?? 1), 0));
}
