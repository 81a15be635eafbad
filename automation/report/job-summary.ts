import type { Orphan, Outcome, PlannedPullRequest } from "../model.ts";
import { fitting } from "./fitting.ts";
import { code, codeBlock, commit, details, link, list, table } from "./markdown.ts";
import type { SyncReport } from "./sync-report.ts";

/** GitHub shows 1 MiB of one step's summary, in bytes; a step that writes more shows none. */
export const LONGEST_SUMMARY = 1024 * 1024;

/** Markdown for the summary of a job in GitHub Actions: what was decided, what was done, and what came of it. */
export function jobSummary(report: SyncReport): string {
  return fitting(rooms, (room) => draw(report, room), fits);
}

/** How much of what may be long is shown. */
interface Room {
  readonly rows: number;
  readonly error: number;
  readonly log: number;
}

/** Where everything does not fit, logs go first, then errors, then rows. The last one fits whatever is in it. */
const rooms: readonly Room[] = [
  { rows: 1000, error: 4000, log: 8000 },
  { rows: 1000, error: 4000, log: 1000 },
  { rows: 1000, error: 4000, log: 0 },
  { rows: 1000, error: 500, log: 0 },
  { rows: 300, error: 200, log: 0 },
  { rows: 50, error: 0, log: 0 },
];

function fits(text: string): boolean {
  // What else the step writes there needs a little room as well.
  return Buffer.byteLength(text) <= LONGEST_SUMMARY - 16 * 1024;
}

function draw(report: SyncReport, room: Room): string {
  const { plan, refusal, outcomes, notes, dryRun, interrupted } = report;
  const rows = [
    ...plan.pullRequests.map((planned) =>
      row(
        planned,
        outcomes.find((outcome) => isOf(outcome, planned)),
      ),
    ),
    ...outcomes.filter((outcome) => !plan.pullRequests.some((planned) => isOf(outcome, planned))).map(lone),
  ];
  return [
    "## Previews",
    totals(outcomes, plan.pullRequests.length, dryRun),
    interrupted && "**Interrupted.** What was being done is not complete; the next run completes it.",
    refusal !== undefined && codeBlock(refusal, 2000),
    rows.length > 0 && limited(columns, rows, room.rows),
    ...outcomes.slice(0, room.rows).flatMap((outcome) => sections(outcome, room)),
    plan.orphans.length > 0 && "### Found without an open pull request",
    plan.orphans.length > 0 && limited(["Name", "Kind", "Action", "Why"], plan.orphans.map(orphan), room.rows),
    notes.length > 0 && `Notes:\n\n${items(notes)}`,
  ]
    .filter((part) => part !== false)
    .join("\n\n");
}

const columns = ["Preview", "Commit", "Verdict", "Action", "Result", "Time", "URL or reason"];

function row({ number, app, sha, verdict, reason, action }: PlannedPullRequest, outcome?: Outcome): readonly string[] {
  const name = outcome?.name ?? `pr-${number}${app === undefined ? "" : `-${app}`}`;
  const end = outcome === undefined ? ["", "", code(reason, 300)] : ending(outcome);
  return [code(name, 100), commit(sha), verdict, action, ...end];
}

/** What was done about something that no open pull request accounts for. */
function lone(outcome: Outcome): readonly string[] {
  const { name, sha, action } = outcome;
  return [code(name, 100), sha === undefined ? "" : commit(sha), "", action, ...ending(outcome)];
}

function ending({ ok, answered, ms, url, reason }: Outcome): readonly string[] {
  const result = ok ? "✅ ok" : "❌ failed";
  const took = ms < 50 ? "" : `${(ms / 1000).toFixed(1)} s`;
  const where = ok && url !== undefined ? link(url) : code(reason, 300);
  return [answered === false ? `${result}, URL without answer` : result, took, where];
}

function orphan({ name, kind, action, reason }: Orphan): readonly string[] {
  return [code(name, 100), kind, action, code(reason, 300)];
}

function limited(head: readonly string[], rows: readonly (readonly string[])[], most: number): string {
  const rest = rows.length - most;
  return rest > 0 ? `${table(head, rows.slice(0, most))}\n\nAnd ${rest} more.` : table(head, rows);
}

/** What one outcome says beyond its row. */
function sections({ name, action, error, log, receipt }: Outcome, room: Room): readonly string[] {
  const remains = receipt?.remains ?? [];
  const removed = receipt?.removed ?? [];
  const told = [
    error !== undefined && room.error > 0 && codeBlock(error, room.error),
    log !== undefined && room.log > 0 && `The last log lines:\n\n${codeBlock(log, room.log, "end")}`,
    remains.length > 0 && room.error > 0 && `What remains:\n\n${items(remains)}`,
    removed.length > 0 && room.error > 0 && `What was removed:\n\n${items(removed)}`,
  ].filter((part) => part !== false);
  if (told.length === 0) return [];
  const what = error === undefined ? action : `${action} failed`;
  return [details(`${summaryName(name)}: ${what}`, told.join("\n\n"))];
}

function items(all: readonly string[]): string {
  const shown = all.slice(0, 50).map((item) => code(item));
  return list(all.length > shown.length ? [...shown, `and ${all.length - shown.length} more`] : shown);
}

/** Code is not read as Markdown within a summary, so a name that is no Kubernetes name is left out. */
function summaryName(name: string): string {
  return /^[a-z0-9-]{1,100}$/.test(name) ? `<code>${name}</code>` : "a preview";
}

function totals(outcomes: readonly Outcome[], pullRequests: number, dryRun: boolean): string {
  const open = `${pullRequests} ${pullRequests === 1 ? "preview" : "previews"} looked at`;
  if (dryRun) return `${open}. Dry run: nothing was changed.`;
  const kinds = [...new Set(outcomes.map(({ action }) => action))];
  const counts = kinds.map((kind) => `${outcomes.filter(({ action }) => action === kind).length} ${kind}`);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  return `${[open, ...counts, failed === 0 ? "none failed" : `**${failed} failed**`].join(", ")}.`;
}

function isOf({ number, app }: Outcome, planned: PlannedPullRequest): boolean {
  return number === planned.number && app === planned.app;
}
