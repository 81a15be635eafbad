import type { PullRequest, Verdict } from "../model.ts";
import { observe } from "../observe.ts";
import { plan } from "../plan.ts";
import { allOrProblems, unreachable, wrongSetting } from "../problem.ts";
import { judge } from "../sync.ts";
import type { CommandContext, CommandResult } from "./command.ts";
import { only } from "./only.ts";
import { carryOutPlan } from "./sync.ts";

export interface UpOptions {
  readonly number: number;
  readonly dryRun: boolean;
}

/** `previews up N`: the preview of one open pull request, also where its label is missing. */
export async function upCommand(context: CommandContext, { number, dryRun }: UpOptions): Promise<CommandResult> {
  const { config, ports, signal } = context;
  const [pullRequest, observed] = await allOrProblems([openPullRequest(number, context), observe(ports, signal)]);
  const judged = { ...judge(pullRequest, config), verdict: byHand(judge(pullRequest, config).verdict) };
  const known = { repository: config.repository, judged: [judged], observed: only(number, observed) };
  return carryOutPlan(plan({ ...known, readings: new Map() }), context, dryRun);
}

function byHand({ kind, reason }: Verdict): Verdict {
  return { kind: "admit", reason: kind === "admit" ? reason : `asked for by hand, though ${reason}` };
}

async function openPullRequest(number: number, { ports, signal, config }: CommandContext): Promise<PullRequest> {
  const reading = await ports.github.pullRequest(number, signal);
  if (reading.kind === "missing") throw wrongSetting(String(number), reading.reason);
  if (reading.kind === "unreadable") throw unreachable("github.apiUrl", reading.reason);
  const { pullRequest } = reading;
  if (pullRequest.state === "open") return pullRequest;
  throw wrongSetting(
    String(number),
    `pull request ${number} of ${config.repository} is closed; only an open one gets a preview`,
  );
}
