import { createHash } from "node:crypto";

/** Changes whenever the same values give other objects, so that running previews are brought up to date once. */
export const COMPONENT_VERSION = "1";

const HASH_LENGTH = 16;

/** A short hash of plain data and the component version. The order of keys does not matter, that of lists does. */
export function hashOf(data: unknown): string {
  const text = JSON.stringify([COMPONENT_VERSION, data], sortedKeys);
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
