import type { Policy, Rule } from "../model.ts";
import type { PreviewStatus, PullRequestStatus } from "./feedback.ts";

/** The part of a policy that people are told about. */
export type ToldPolicy = Pick<Policy, "label" | "labels" | "forks" | "approvers" | "commands" | "commanders">;

/** Rules about what a pull request is. Where every pull request asks, being none of those is not worth a word. */
const filters: ReadonlySet<Rule> = new Set([
  "labels",
  "author",
  "base branch",
  "head branch",
  "title",
  "draft",
  "files",
  "expired",
]);

/**
 * The previews that somebody waits for: people who did not ask for a preview hear nothing. Once told, always told: what
 * stands there must not become wrong.
 */
export function askedFor(
  { previews }: Pick<PullRequestStatus, "previews">,
  policy: Pick<ToldPolicy, "label" | "forks">,
  told: boolean,
): readonly PreviewStatus[] {
  const asked = previews.filter((preview) => isAskedFor(preview, policy));
  // Of several apps, those that a change does not touch say nothing beside those that it does.
  const touched = asked.filter(({ phase, verdict }) => phase !== "refused" || verdict?.rule !== "files");
  if (touched.length > 0) return touched;
  return asked.length === 0 && told ? previews : asked;
}

/** A maintainer's word is all that is missing. */
export function awaitsApproval({ verdict }: PreviewStatus, { forks }: Pick<ToldPolicy, "forks">): boolean {
  return forks === "approve" && verdict?.kind !== "admit" && verdict?.rule === "fork";
}

function isAskedFor(preview: PreviewStatus, policy: Pick<ToldPolicy, "label" | "forks">): boolean {
  const { phase, verdict, error, receipt } = preview;
  if (error !== undefined || receipt !== undefined) return true;
  if (phase !== "refused" && phase !== "ended") return true;
  const everyone = policy.label === "*";
  const rule = verdict?.rule;
  if (phase === "ended") return !(everyone && rule === "expired");
  if (rule === undefined || rule === "closed" || rule === "label") return false;
  if (rule === "fork") return awaitsApproval(preview, policy) || !everyone;
  return !(everyone && filters.has(rule));
}
