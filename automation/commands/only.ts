import type { Observation } from "../model.ts";

/** What was observed of one pull request. */
export function only(number: number, { previews }: Observation): Observation {
  return { previews: previews.filter((preview) => preview.number === number), unknownStacks: [] };
}
