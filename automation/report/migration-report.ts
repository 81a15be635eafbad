import type { EngineName } from "../model.ts";
import { table, type Cell, type Paint } from "./table.ts";

/** What came of one preview in a migration. */
export interface MigrationOutcome {
  readonly number: number;
  readonly name: string;
  readonly action: "move" | "keep" | "hold";
  readonly reason: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly sha?: string;
  readonly url?: string;
  /** Whether the URL answered with its commit afterwards; absent: it was not asked. */
  readonly answered?: boolean;
  readonly error?: string;
}

export interface MigrationReport {
  readonly to: EngineName;
  readonly outcomes: readonly MigrationOutcome[];
  readonly dryRun: boolean;
  readonly interrupted: boolean;
}

/** One row per preview, then the errors. */
export function migrationTable({ to, outcomes, dryRun, interrupted }: MigrationReport, paint: Paint): string {
  if (outcomes.length === 0) return "No previews.";
  const rows = outcomes.map(({ name, action, ok, ms, url, reason }): Cell[] => [
    name,
    action,
    dryRun && ok ? "" : ok ? ["good", "ok"] : ["bad", "failed"],
    ms < 50 ? "" : `${(ms / 1000).toFixed(1)} s`,
    url ?? reason,
  ]);
  const errors = outcomes.flatMap(({ name, error }) =>
    error === undefined ? [] : [`${name}: move to the ${to} engine failed: ${error.replaceAll("\n", "\n  ")}`],
  );
  return [
    table(["PREVIEW", "ACTION", "RESULT", "TIME", ""], rows, paint),
    ...errors,
    ...(dryRun ? ["Dry run: nothing was changed."] : []),
    ...(interrupted ? ["Interrupted. Running it again completes what was begun."] : []),
  ].join("\n\n");
}

export function migrationJson({ to, outcomes, dryRun, interrupted }: MigrationReport) {
  return { ok: !interrupted && outcomes.every(({ ok }) => ok), to, dryRun, interrupted, outcomes };
}
