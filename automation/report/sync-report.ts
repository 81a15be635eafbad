import type { Outcome, Plan } from "../model.ts";
import { planJson, planTable } from "./plan-report.ts";
import { table, type Cell, type Paint } from "./table.ts";

export interface SyncReport {
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  readonly dryRun: boolean;
  readonly interrupted: boolean;
}

export function isOk({ outcomes, interrupted }: Pick<SyncReport, "outcomes" | "interrupted">): boolean {
  return !interrupted && outcomes.every(({ ok }) => ok);
}

/** What was done, one row per preview, then the errors and the receipts. */
export function syncTable(report: SyncReport, paint: Paint): string {
  const { plan, outcomes, dryRun, interrupted } = report;
  if (dryRun) return `${planTable(plan, paint)}\n\nDry run: nothing was changed.`;
  const parts = [outcomes.length === 0 ? "Nothing to do." : outcomeRows(outcomes, paint)];
  parts.push(...outcomes.flatMap((outcome) => details(outcome)));
  if (plan.orphans.length > 0) {
    const rows = plan.orphans.map(({ kind, name, action, reason }) => [name, kind, action, reason]);
    parts.push(table(["FOUND", "KIND", "ACTION", "REASON"], rows, paint));
  }
  if (interrupted) parts.push("Interrupted. What was being done is not complete; the next sync completes it.");
  return parts.join("\n\n");
}

export function syncJson(report: SyncReport) {
  const { plan, outcomes, dryRun, interrupted } = report;
  return { ok: isOk(report), dryRun, interrupted, outcomes, ...planJson(plan) };
}

function outcomeRows(outcomes: readonly Outcome[], paint: Paint): string {
  const rows = outcomes.map(({ name, action, ok, ms, url, reason, sha }): Cell[] => [
    name,
    action,
    ok ? ["good", "ok"] : ["bad", "failed"],
    ms < 50 ? "" : `${(ms / 1000).toFixed(1)} s`,
    sha?.slice(0, 7) ?? "",
    url ?? reason,
  ]);
  return table(["PREVIEW", "ACTION", "RESULT", "TIME", "COMMIT", ""], rows, paint);
}

function details({ name, action, error, receipt }: Outcome): string[] {
  const lines: string[] = [];
  if (error !== undefined) lines.push(`${name}: ${action} failed: ${error.replaceAll("\n", "\n  ")}`);
  if (receipt && receipt.removed.length > 0) lines.push(`${name}: removed ${receipt.removed.join(", ")}`);
  if (receipt && receipt.remains.length > 0) lines.push(`${name}: remains ${receipt.remains.join(", ")}`);
  return lines.length === 0 ? [] : [lines.join("\n")];
}
