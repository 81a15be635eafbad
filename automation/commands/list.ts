import { observe } from "../observe.ts";
import { listPreviews, listTable } from "../report/list-report.ts";
import { previewRouteSettings } from "../preview-spec.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

/** `previews list`: the previews there are. */
export async function listCommand({ config, ports, signal, paint, today }: CommandContext): Promise<CommandResult> {
  const { repository } = config;
  const observed = await observe(ports, signal);
  const previews = listPreviews(observed, { repository, route: previewRouteSettings(config), now: today() });
  const curl = previews.find(({ ready }) => ready);
  const hint =
    curl && config.route.address !== undefined
      ? `\n\nFor example: curl -H 'Host: ${curl.host}' http://${config.route.address}${new URL(curl.url).pathname}`
      : "";
  const json = { previews, unknownStacks: observed.unknownStacks, address: config.route.address ?? null };
  return { exitCode: exitCodes.converged, text: listTable(previews, paint) + hint, json };
}
