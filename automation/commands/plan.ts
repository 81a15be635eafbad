import { planJson, planTable } from "../report/plan-report.ts";
import { decide } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

/** `previews plan`: what a sync would do, and why. */
export async function planCommand(context: CommandContext): Promise<CommandResult> {
  const { plan, refusal } = await decide(context, { full: true });
  const table = () => planTable(plan, context.paint);
  return {
    exitCode: refusal === undefined ? exitCodes.converged : exitCodes.brake,
    text: refusal === undefined ? table : () => `${table()}\n\n${refusal}`,
    json: { ...planJson(plan), ...(refusal === undefined ? {} : { refusal }) },
  };
}
