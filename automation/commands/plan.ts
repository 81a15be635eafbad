import { planJson, planTable } from "../report/plan-report.ts";
import { decide } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

/** `previews plan`: what a sync would do, and why. */
export async function planCommand(context: CommandContext): Promise<CommandResult> {
  const plan = await decide(context);
  return { exitCode: exitCodes.converged, text: planTable(plan, context.paint), json: planJson(plan) };
}
