import { createHash } from "node:crypto";

/** Changes whenever the same values give other objects, so that running previews are brought up to date once. */
export const COMPONENT_VERSION = "1";

const HASH_LENGTH = 16;

/** A short hash of plain data and the component version. The order of keys does not matter, that of lists does. */
export function hashOf(data: unknown): string {
  const text = JSON.stringify([COMPONENT_VERSION, sorted(data, new Map())]);
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}

type Known = Map<object, object>;

/** The objects of a preview share their labels and annotations, which need be sorted once. */
function sorted(value: unknown, known: Known): unknown {
  if (typeof value !== "object" || value === null) return value;
  let copy = known.get(value);
  if (copy === undefined) {
    copy = Array.isArray(value) ? value.map((item) => sorted(item, known)) : sortedKeys(value as Data, known);
    known.set(value, copy);
  }
  return copy;
}

type Data = Record<string, unknown>;

function sortedKeys(value: Readonly<Data>, known: Known): Data {
  const copy: Data = {};
  for (const key of Object.keys(value).sort()) {
    const part = sorted(value[key], known);
    // A key that assignment takes for something else.
    if (key === "__proto__") Object.defineProperty(copy, key, { value: part, enumerable: true });
    else copy[key] = part;
  }
  return copy;
}
