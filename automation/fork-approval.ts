import { hasPermission } from "./commands-given.ts";
import type { Command, FactName, Facts, Policy } from "./model.ts";

export type Approval =
  | { readonly kind: "approved" }
  | { readonly kind: "open"; readonly why?: string }
  | { readonly kind: "needs"; readonly fact: FactName };

/**
 * Whether this exact commit was approved by somebody who may. A push after an approval withdraws it:
 * - a command or a review that names the whole sha approves that commit, whenever it was given;
 * - a command that names it in part or not at all approves what the branch was at when it was given. That is known only
 *   if GitHub recorded the last push, and only if that was earlier. A short sha can be forged, so it proves nothing more.
 */
export function approvalOf(sha: string, commands: readonly Command[], policy: Policy, facts: Facts): Approval {
  const given = commands.filter(({ kind }) => kind === "approve");
  const entitled = given.filter(({ permission }) => hasPermission(permission, policy.approvers));
  if (entitled.some((command) => command.sha === sha)) return { kind: "approved" };
  const latest = entitled.findLast((command) => command.sha === undefined || sha.startsWith(command.sha));
  if (latest && facts.headSince === undefined) return { kind: "needs", fact: "headSince" };
  if (latest && typeof facts.headSince === "string" && Date.parse(facts.headSince) < Date.parse(latest.at)) {
    return { kind: "approved" };
  }
  if (facts.approvals === undefined) return { kind: "needs", fact: "approvals" };
  const reviews = facts.approvals.filter(({ permission }) => hasPermission(permission, policy.approvers));
  if (reviews.some((review) => review.sha === sha)) return { kind: "approved" };
  return { kind: "open", ...explained(latest, entitled, given, reviews, facts) };
}

/** Why the approvals there are do not count. */
function explained(
  latest: Command | undefined,
  entitled: readonly Command[],
  given: readonly Command[],
  reviews: readonly Command[],
  { headSince }: Facts,
): { readonly why?: string } {
  if (latest && headSince === null) {
    return {
      why: `@${latest.author}'s approval does not name the whole commit, and when it was pushed cannot be told`,
    };
  }
  if (latest) return { why: `it was pushed to after @${latest.author}'s approval` };
  const other = [...entitled, ...reviews].at(-1);
  if (other) return { why: `@${other.author} approved another commit` };
  const last = given.at(-1);
  return last ? { why: `@${last.author} may not approve it` } : {};
}
