import { previewName } from "../../components/manifests/preview.ts";
import type { Action, Plan, Reading } from "../model.ts";
import { observe } from "../observe.ts";
import { plan } from "../plan.ts";
import { allOrProblems } from "../problem.ts";
import { UserError, exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";
import { only } from "./only.ts";
import { carryOutPlan } from "./sync.ts";

export interface DestroyOptions {
  readonly number: number;
  readonly dryRun: boolean;
  /** Destroy although the pull request is open, or could not be read. */
  readonly force: boolean;
}

/** `previews destroy N`: ends one preview. Unless its pull request was read as closed, that takes `--force`. */
export async function destroyCommand(context: CommandContext, options: DestroyOptions): Promise<CommandResult> {
  const { config, ports, signal } = context;
  const { number, force, dryRun } = options;
  const [reading, observed] = await allOrProblems([ports.github.pullRequest(number, signal), observe(ports, signal)]);
  const known = { repository: config.repository, judged: [], observed: only(number, observed) };
  const decided = plan({ ...known, readings: new Map([[number, reading]]) });
  const [action] = decided.actions;
  if (!action) return carryOutPlan(decided, context, dryRun);
  const stack = known.observed.previews.some(
    (preview) => preview.stack && !foreign(preview.repository, config.repository),
  );
  if (action.kind !== "destroy" && !(force && stack)) throw refusal(action, reading, stack);
  return carryOutPlan(action.kind === "destroy" ? decided : forced(decided, action), context, dryRun);
}

function forced(decided: Plan, action: Action): Plan {
  const destroy: Action = {
    ...action,
    kind: "destroy",
    reason: `asked for by hand, though ${action.reason}`,
    failed: false,
  };
  const { kind, reason } = destroy;
  return {
    actions: [destroy],
    pullRequests: decided.pullRequests.map((row) => ({ ...row, action: kind, reason })),
    orphans: decided.orphans.map((orphan) => ({ ...orphan, action: kind, reason })),
  };
}

function refusal({ number, reason }: Action, reading: Reading, stack: boolean): UserError {
  const name = previewName(number);
  const open = reading.kind === "found" && reading.pullRequest.state === "open";
  const why = open ? `pull request ${number} is open` : reason;
  const cure = stack ? `; add --force to destroy it all the same` : "";
  return new UserError(`${name} was not destroyed: ${why}${cure}`, { exitCode: exitCodes.brake });
}

function foreign(owner: string | undefined, repository: string): boolean {
  return owner !== undefined && owner.toLowerCase() !== repository.toLowerCase();
}
