import type { Outcome, Plan } from "../model.ts";
import { planJson, planTable } from "./plan-report.ts";
import { describeViolation } from "./violation.ts";
import { table, type Cell, type Paint } from "./table.ts";

export interface SyncReport {
  readonly plan: Plan;
  /** Why the brake refused the destroys; undefined: it did not. */
  readonly refusal?: string | undefined;
  readonly outcomes: readonly Outcome[];
  /** What else people should know: what the engine cannot do here, what could not be told on pull requests. */
  readonly notes: readonly string[];
  readonly dryRun: boolean;
  readonly interrupted: boolean;
}

export function isOk(report: Pick<SyncReport, "outcomes" | "interrupted" | "refusal">): boolean {
  return !report.interrupted && report.refusal === undefined && report.outcomes.every(({ ok }) => ok);
}

/** What was done, one row per preview, then the errors and the receipts. */
export function syncTable(report: SyncReport, paint: Paint): string {
  const { plan, refusal, outcomes, notes, dryRun, interrupted } = report;
  const refused = refusal === undefined ? [] : [paint("bad", refusal)];
  if (dryRun) return [planTable(plan, paint), ...refused, "Dry run: nothing was changed."].join("\n\n");
  const parts = [outcomes.length === 0 ? "Nothing to do." : outcomeRows(outcomes, paint)];
  parts.push(...outcomes.flatMap((outcome) => details(outcome)));
  if (plan.orphans.length > 0) {
    const rows = plan.orphans.map(({ kind, name, action, reason }) => [name, kind, action, reason]);
    parts.push(table(["FOUND", "KIND", "ACTION", "REASON"], rows, paint));
  }
  parts.push(...refused, ...notes.map((note) => `Note: ${note}`));
  if (interrupted) parts.push("Interrupted. What was being done is not complete; the next sync completes it.");
  return parts.join("\n\n");
}

export function syncJson(report: SyncReport) {
  const { plan, refusal, outcomes, notes, dryRun, interrupted } = report;
  return { ok: isOk(report), dryRun, interrupted, refusal: refusal ?? null, outcomes, notes, ...planJson(plan) };
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

function details({ name, action, error, receipt, violations = [] }: Outcome): string[] {
  const lines: string[] = [];
  if (error !== undefined) lines.push(`${name}: ${action} failed: ${error.replaceAll("\n", "\n  ")}`);
  const advisory = violations.filter(({ enforcementLevel }) => enforcementLevel === "advisory");
  lines.push(...advisory.map((one) => `${name}: note: ${describeViolation(one).replaceAll("\n", "\n  ")}`));
  if (receipt && receipt.removed.length > 0) lines.push(`${name}: removed ${receipt.removed.join(", ")}`);
  if (receipt && receipt.remains.length > 0) lines.push(`${name}: remains ${receipt.remains.join(", ")}`);
  return lines.length === 0 ? [] : [lines.join("\n")];
}
