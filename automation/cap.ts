import type { Judged, Preview, Verdict } from "./model.ts";

/**
 * Holds newcomers back where all previews are taken, oldest first. What runs is never evicted and never kept from an
 * update; a preview that goes in this run gives its place to the next one.
 */
export function withinCap(judged: readonly Judged[], previews: readonly Preview[], most: number | undefined): Judged[] {
  if (most === undefined) return [...judged];
  const holders = new Set(previews.map(({ name }) => name));
  return judged.toSorted(byAge).map((one) => {
    if (one.verdict.kind !== "admit" || holders.has(one.name)) return one;
    if (holders.size >= most) return { ...one, verdict: full([...holders], most) };
    holders.add(one.name);
    return one;
  });
}

function full(holders: readonly string[], most: number): Verdict {
  const names = holders.toSorted(new Intl.Collator("en", { numeric: true }).compare).join(", ");
  return {
    kind: "wait",
    rule: "cap",
    reason: `${most === 1 ? "the one preview there may be is" : `all ${most} previews are`} taken, by ${names}`,
  };
}

function byAge(a: Judged, b: Judged): number {
  return a.pullRequest.number - b.pullRequest.number || (a.app ?? "").localeCompare(b.app ?? "");
}
