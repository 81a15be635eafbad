import type { Plan } from "../model.ts";
import { table, type Cell, type Paint } from "./table.ts";

/** One row per pull request, and one per thing found that none accounts for. */
export function planTable({ pullRequests, orphans }: Plan, paint: Paint): string {
  const rows = pullRequests.map(({ number, sha, verdict, reason, action }): Cell[] => [
    `#${number}`,
    sha.slice(0, 7),
    [verdict === "admit" ? "good" : "quiet", verdict],
    action,
    reason,
  ]);
  const parts = [
    rows.length === 0
      ? "No open pull requests, and no previews."
      : table(["PULL REQUEST", "COMMIT", "VERDICT", "ACTION", "REASON"], rows, paint),
  ];
  if (orphans.length > 0) {
    const found = orphans.map(({ kind, name, action, reason }) => [name, kind, action, reason]);
    parts.push(table(["FOUND", "KIND", "ACTION", "REASON"], found, paint));
  }
  return parts.join("\n\n");
}

export function planJson({ pullRequests, orphans }: Plan) {
  return { pullRequests, orphans };
}
