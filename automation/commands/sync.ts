import { actionOutputs } from "../report/action-outputs.ts";
import { jobSummary } from "../report/job-summary.ts";
import { isOk, syncJson, syncTable } from "../report/sync-report.ts";
import { act, decide, type Decided, type DecideOptions, type Done } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

export interface SyncOptions extends DecideOptions {
  readonly dryRun: boolean;
}

/** `previews sync`: one preview for every admitted pull request, none for a closed one. */
export async function syncCommand(context: CommandContext, options: SyncOptions): Promise<CommandResult> {
  const { dryRun } = options;
  return carryOutPlan(await decide(context, { ...options, full: options.full === true || dryRun }), context, dryRun);
}

/** Carries out a plan, or with `dryRun` only shows it. */
export async function carryOutPlan(
  { plan, refusal }: Decided,
  context: CommandContext,
  dryRun: boolean,
): Promise<CommandResult> {
  const nothing: Done = { outcomes: [], notes: [] };
  const { outcomes, notes } = dryRun ? nothing : await act(plan, context);
  const report = { plan, refusal, outcomes, notes, dryRun, interrupted: context.signal.aborted };
  return {
    exitCode: exitCodeOf(report),
    text: () => syncTable(report, context.paint),
    json: syncJson(report),
    summary: () => jobSummary(report),
    outputs: () => actionOutputs(report),
  };
}

function exitCodeOf(report: Parameters<typeof isOk>[0]): number {
  if (report.interrupted) return exitCodes.interrupted;
  if (report.refusal !== undefined) return exitCodes.brake;
  return isOk(report) ? exitCodes.converged : exitCodes.previewFailed;
}
