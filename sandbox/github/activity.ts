import type { Hub } from "./hub.ts";
import type { Activity, ActivityType, Repository } from "./model.ts";

/** How GitHub writes that there was or is no commit. */
export const noCommit = "0".repeat(40);

export interface BranchChange {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/** What became of the branches between two looks at them, by name. */
export function branchChanges(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly BranchChange[] {
  const refs = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return refs
    .map((ref) => ({ ref, before: before[ref] ?? noCommit, after: after[ref] ?? noCommit }))
    .filter((change) => change.before !== change.after);
}

/** @param forward whether the branch only got new commits on top; asked for nothing but moves */
export function activityType(change: BranchChange, forward: boolean, mergedRef: string | undefined): ActivityType {
  if (change.before === noCommit) return "branch_creation";
  if (change.after === noCommit) return "branch_deletion";
  if (change.ref === mergedRef) return "pr_merge";
  return forward ? "push" : "force_push";
}

/**
 * Notes what happened to the branches since the last look, as done by this user now.
 *
 * @param mergedRef the branch that the merge of a pull request has moved
 */
export async function recordActivity(
  hub: Hub,
  repository: Repository,
  refs: ReadonlyMap<string, string>,
  by: string,
  mergedRef?: string,
): Promise<void> {
  const branches = Object.fromEntries([...refs].filter(([ref]) => ref.startsWith("refs/heads/")));
  // A state older than activities does not say what the branches were: nothing happened that is known of.
  const changes = branchChanges(repository.branches ?? branches, branches);
  for (const change of changes) {
    const moved = change.before !== noCommit && change.after !== noCommit;
    const forward = moved && (await hub.git(repository).isAncestor(change.before, change.after));
    repository.activities.push({
      id: hub.store.newId(),
      type: activityType(change, forward, mergedRef),
      ...change,
      actor: by,
      at: hub.now(),
    });
  }
  repository.branches = branches;
}

export interface ActivityFilter {
  readonly ref?: string | undefined;
  readonly actor?: string | undefined;
  readonly type?: string | undefined;
  /** Nothing older than this, in milliseconds since 1970. */
  readonly since?: number | undefined;
}

export function matchingActivities(
  activities: readonly Activity[],
  { ref, actor, type, since }: ActivityFilter,
): readonly Activity[] {
  const fullRef = ref === undefined || ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
  return activities.filter(
    (activity) =>
      (fullRef === undefined || activity.ref === fullRef) &&
      (actor === undefined || activity.actor.toLowerCase() === actor.toLowerCase()) &&
      (type === undefined || activity.type === type) &&
      (since === undefined || Date.parse(activity.at) >= since),
  );
}
