import type { Violation } from "../model.ts";

/** What is wrong with what, and how to mend it, in a line or two. */
export function describeViolation({ rule, resource, problem, remediation, page }: Violation): string {
  const mend = [remediation ?? [], page === undefined ? [] : `See ${page}.`].flat().join(" ");
  return [`${rule}: ${resource}: ${problem}`, mend].filter((line) => line !== "").join("\n");
}
