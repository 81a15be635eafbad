import type { Permission } from "./model.ts";

export interface AuthorFacts {
  readonly isOwner: boolean;
  readonly permission: Permission;
  readonly hasMergedPullRequest: boolean;
}

/** How GitHub says the author of something stands to a user-owned repository. */
export function authorAssociation(facts: AuthorFacts): "OWNER" | "COLLABORATOR" | "CONTRIBUTOR" | "NONE" {
  if (facts.isOwner) return "OWNER";
  if (facts.permission !== "none" && facts.permission !== "read") return "COLLABORATOR";
  return facts.hasMergedPullRequest ? "CONTRIBUTOR" : "NONE";
}
