import type { Plan } from "../model.ts";
import { decide } from "../sync.ts";
import type { CommandContext, CommandResult } from "./command.ts";
import { carryOutPlan } from "./sync.ts";

export interface GcOptions {
  readonly dryRun: boolean;
  readonly confirmedDestroys?: number | undefined;
}

/** `previews gc`: collects what no open pull request accounts for, and creates and updates nothing. */
export async function gcCommand(context: CommandContext, { dryRun, ...options }: GcOptions): Promise<CommandResult> {
  const decided = await decide(context, { ...options, full: true });
  return carryOutPlan({ ...decided, plan: onlyCollected(decided.plan) }, context, dryRun);
}

function onlyCollected({ actions, pullRequests, orphans }: Plan): Plan {
  // Holds of what nothing accounts for stay: they say why it is not collected.
  return {
    actions: actions.filter(({ kind, verdict }) => kind === "destroy" || verdict === undefined),
    pullRequests: pullRequests.filter(({ action }) => action === "destroy"),
    orphans,
  };
}
