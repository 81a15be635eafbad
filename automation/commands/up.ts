import type { Judged, PullRequest } from "../model.ts";
import { observe } from "../observe.ts";
import { plan } from "../plan.ts";
import { allOrProblems, unreachable, wrongSetting } from "../problem.ts";
import { judge } from "../sync.ts";
import type { CommandContext, CommandResult } from "./command.ts";
import { only } from "./only.ts";
import { carryOutPlan } from "./sync.ts";

export interface UpOptions {
  readonly number: number;
  /** One of several apps. Default: all of them. */
  readonly app: string | undefined;
  readonly dryRun: boolean;
}

/** `previews up N`: the preview of one open pull request, whatever admission says: whoever runs it decides. */
export async function upCommand(context: CommandContext, { number, app, dryRun }: UpOptions): Promise<CommandResult> {
  const { config, ports, signal } = context;
  const { repository } = config;
  if (app !== undefined && !config.apps.some(({ name }) => name === app)) {
    const names = config.apps.map(({ name }) => `"${name}"`).join(", ");
    throw wrongSetting(
      "--app",
      `"${app}" is not in the settings; allowed: ${names || "nothing, as they have one app"}`,
    );
  }
  const [pullRequest, observed] = await allOrProblems([openPullRequest(number, context), observe(ports, signal)]);
  const judged = (await judge([pullRequest], observed, context))
    .filter((one) => app === undefined || one.app === app)
    .map(byHand);
  const known = { repository, judged, observed: only(number, app, observed) };
  // Other apps of the same pull request are not asked about.
  const wanted = new Set(judged.map(({ name }) => name));
  const previews = known.observed.previews.filter(({ name }) => wanted.has(name));
  const decided = plan({ ...known, observed: { ...known.observed, previews }, readings: new Map() });
  return carryOutPlan({ plan: decided }, context, dryRun);
}

function byHand(judged: Judged): Judged {
  const { kind, reason } = judged.verdict;
  if (kind === "admit") return judged;
  return { ...judged, verdict: { kind: "admit", rule: "admitted", reason: `asked for by hand, though ${reason}` } };
}

async function openPullRequest(number: number, { ports, signal, config }: CommandContext): Promise<PullRequest> {
  const reading = await ports.github.pullRequest(number, signal);
  if (reading.kind === "gone") throw wrongSetting(String(number), reading.reason);
  if (reading.kind === "unreadable") throw unreachable("github.apiUrl", reading.reason);
  const { pullRequest } = reading;
  if (pullRequest.state === "open") return pullRequest;
  throw wrongSetting(
    String(number),
    `pull request ${number} of ${config.repository} is closed; only an open one gets a preview`,
  );
}
