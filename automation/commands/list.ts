import type { Judged, Preview } from "../model.ts";
import { observe } from "../observe.ts";
import { listPreviews, listTable } from "../report/list-report.ts";
import { judge, readEach } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import { routeOf } from "../preview-spec.ts";
import type { CommandContext, CommandResult } from "./command.ts";

/** `previews list`: the previews there are. */
export async function listCommand(context: CommandContext): Promise<CommandResult> {
  const { config, ports, signal, paint, today } = context;
  const { repository } = config;
  const observed = await observe(ports, signal);
  const address = config.route.address ?? (await ports.cluster.gatewayAddress(signal));
  const previews = listPreviews(observed, {
    repository,
    routeOf: (preview) => routeOf(preview, config),
    expiries: await expiries(observed.previews, context),
    now: today(),
  });
  const curl = previews.find(({ ready }) => ready);
  const hint =
    curl && address !== undefined
      ? `\n\nFor example: curl -H 'Host: ${curl.host}' http://${address}${new URL(curl.url).pathname}`
      : "";
  const json = { previews, unknownStacks: observed.unknownStacks, address: address ?? null };
  return { exitCode: exitCodes.converged, text: () => listTable(previews, paint) + hint, json };
}

/** When each preview expires. Without a time to live none does, and nobody is asked. */
async function expiries(previews: readonly Preview[], context: CommandContext): Promise<ReadonlyMap<string, string>> {
  const { config, ports, signal } = context;
  if (config.admission.ttl === undefined) return new Map();
  const numbers = [...new Set(previews.map(({ number }) => number))];
  const readings = [...(await readEach(numbers, ports, signal)).values()];
  const open = readings.flatMap((reading) =>
    reading.kind === "found" && reading.pullRequest.state === "open" ? [reading.pullRequest] : [],
  );
  const judged = await judge(open, { previews, unknownStacks: [] }, context);
  return new Map(judged.flatMap(({ name, verdict }: Judged) => (verdict.expiresAt ? [[name, verdict.expiresAt]] : [])));
}
