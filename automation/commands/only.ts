import type { Observation } from "../model.ts";

/** What was observed of one pull request, or of one of its apps. */
export function only(number: number, app: string | undefined, { previews }: Observation): Observation {
  const wanted = previews.filter((preview) => preview.number === number && (app === undefined || preview.app === app));
  return { previews: wanted, unknownStacks: [] };
}
