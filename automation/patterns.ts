import picomatch from "picomatch";
import { RE2JS } from "re2js";
import { sameName, type Patterns } from "./model.ts";

/** Whether a branch or a path is wanted: included, or nothing is, and not excluded. `**` crosses slashes, `*` does not. */
export function selects({ include, exclude }: Patterns, text: string): boolean {
  return (include.length === 0 || matches(include, text)) && !(exclude.length > 0 && matches(exclude, text));
}

/** Whether it is one of these names, whatever their case. User names hold brackets, so they are no patterns. */
export function matchesAny(names: readonly string[], text: string): boolean {
  return names.some((name) => sameName(name, text));
}

/** RE2 takes time in proportion to the title, whatever the title: everybody can write one. */
export function matchesTitle(expression: string, title: string): boolean {
  return RE2JS.compile(expression).matcher(title).find();
}

/** Why it is no regular expression; undefined: it is one. */
export function titleProblem(expression: string): string | undefined {
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function matches(patterns: readonly string[], text: string): boolean {
  return picomatch.isMatch(text, [...patterns], { dot: true, nonegate: true });
}
