import { createHash } from "node:crypto";

/** Changes whenever the same values give other objects, so that running previews are brought up to date once. */
export const COMPONENT_VERSION = "1";

const HASH_LENGTH = 16;

/** A short hash of plain data and the component version. The order of keys does not matter, that of lists does. */
export function hashOf(data: unknown): string {
  const text = JSON.stringify([COMPONENT_VERSION, sorted(data)]);
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}

/** Before it is made a text: a function that is asked about each value on the way takes half as long again. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, sorted(part)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
