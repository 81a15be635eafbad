import type { Outcome, Plan } from "../model.ts";
import { isOk, syncJson, syncTable } from "../report/sync-report.ts";
import { act, decide } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

/** `previews sync`: one preview for every admitted pull request, none for a closed one. */
export async function syncCommand(
  context: CommandContext,
  { dryRun }: { readonly dryRun: boolean },
): Promise<CommandResult> {
  return carryOutPlan(await decide(context), context, dryRun);
}

/** Carries out a plan, or with `dryRun` only shows it. */
export async function carryOutPlan(plan: Plan, context: CommandContext, dryRun: boolean): Promise<CommandResult> {
  const outcomes: readonly Outcome[] = dryRun ? [] : await act(plan, context);
  const interrupted = context.signal.aborted;
  const report = { plan, outcomes, dryRun, interrupted };
  return { exitCode: exitCodeOf(report), text: syncTable(report, context.paint), json: syncJson(report) };
}

function exitCodeOf(report: { readonly outcomes: readonly Outcome[]; readonly interrupted: boolean }): number {
  if (report.interrupted) return exitCodes.interrupted;
  return isOk(report) ? exitCodes.converged : exitCodes.previewFailed;
}
