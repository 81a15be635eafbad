import { sameName, type Action, type Plan, type Preview, type Reading } from "../model.ts";
import { observe } from "../observe.ts";
import { plan } from "../plan.ts";
import { allOrProblems } from "../problem.ts";
import { UserError, exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";
import { only } from "./only.ts";
import { carryOutPlan } from "./sync.ts";

export interface DestroyOptions {
  readonly number: number;
  /** One of several apps. Default: all of them. */
  readonly app: string | undefined;
  readonly dryRun: boolean;
  /** Destroy although the pull request is open, or could not be read. */
  readonly force: boolean;
}

/** `previews destroy N`: ends one preview. Unless its pull request was read as closed, that takes `--force`. */
export async function destroyCommand(context: CommandContext, options: DestroyOptions): Promise<CommandResult> {
  const { config, ports, signal } = context;
  const { number, app, force, dryRun } = options;
  const [reading, observed] = await allOrProblems([ports.github.pullRequest(number, signal), observe(ports, signal)]);
  const known = { repository: config.repository, judged: [], observed: only(number, app, observed) };
  const decided = plan({ ...known, readings: new Map([[number, reading]]) });
  const refused = decided.actions.filter((action) => action.kind !== "destroy");
  const forceable = (action: Action) => action.preview !== undefined && isOurs(action.preview, config.repository);
  const stuck = refused.find((action) => !(force && forceable(action)));
  if (stuck) throw refusal(stuck, reading, forceable(stuck));
  return carryOutPlan({ plan: refused.length === 0 ? decided : forced(decided) }, context, dryRun);
}

function forced({ actions, pullRequests, orphans }: Plan): Plan {
  const asked = (reason: string) => `asked for by hand, though ${reason}`;
  return {
    actions: actions.map((action) =>
      action.kind === "destroy" ? action : { ...action, kind: "destroy", reason: asked(action.reason), failed: false },
    ),
    pullRequests: pullRequests.map((row) =>
      row.action === "destroy" ? row : { ...row, action: "destroy", reason: asked(row.reason) },
    ),
    orphans: orphans.map((row) =>
      row.action === "destroy" ? row : { ...row, action: "destroy", reason: asked(row.reason) },
    ),
  };
}

function refusal({ number, name, reason }: Action, reading: Reading, forceable: boolean): UserError {
  const open = reading.kind === "found" && reading.pullRequest.state === "open";
  const why = open ? `pull request ${number} is open` : reason;
  const cure = forceable ? "; add --force to destroy it all the same" : "";
  return new UserError(`${name} was not destroyed: ${why}${cure}`, { exitCode: exitCodes.brake });
}

/** A stack in our project that says nothing else is ours; objects in the cluster must say so. */
function isOurs({ repository, stack, otherEngine }: Preview, own: string): boolean {
  if (otherEngine !== undefined) return false;
  return repository === undefined ? stack === true : sameName(repository, own);
}
