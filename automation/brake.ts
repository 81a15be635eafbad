import type { Orphan, Plan, PlannedPullRequest } from "./model.ts";

export interface BrakeOptions {
  /** A number, or a share of all previews such as `50%`. */
  readonly maxDestroys: number | string;
  /** Previews that were found. */
  readonly previews: number;
  /** Destroys that somebody agreed to. */
  readonly confirmed?: number | undefined;
}

export interface Braked {
  readonly plan: Plan;
  /** Why the destroys were refused; undefined: they were not. */
  readonly refusal: string | undefined;
}

/** Refuses all destroys of a run that has more of them than is usual: what looks like that is more often a mistake. */
export function brake(planned: Plan, { maxDestroys, previews, confirmed = 0 }: BrakeOptions): Braked {
  const destroys = planned.actions.filter(({ kind }) => kind === "destroy");
  const most = typeof maxDestroys === "number" ? maxDestroys : shareOf(previews, maxDestroys);
  if (destroys.length <= Math.max(most, confirmed)) return { plan: planned, refusal: undefined };
  const names = destroys.map(({ name }) => name).join(", ");
  const refusal = [
    `this run would destroy ${destroys.length} of ${previews} previews (${names}), and maxDestroys (${maxDestroys}) allows ${most}:`,
    `none of them was destroyed. If all of them are to go: --confirm-destroys ${destroys.length}`,
  ].join(" ");
  return { plan: withoutDestroys(planned), refusal };
}

/** At least one: a share of few previews would otherwise allow none. */
function shareOf(previews: number, share: string): number {
  return Math.max(1, Math.floor((previews * Number.parseInt(share, 10)) / 100));
}

function withoutDestroys({ actions, pullRequests, orphans }: Plan): Plan {
  const held = (reason: string) => `${reason}; the brake holds it`;
  const heldRow = <T extends PlannedPullRequest | Orphan>(row: T): T =>
    row.action === "destroy" ? { ...row, action: "hold", reason: held(row.reason) } : row;
  return {
    actions: actions.map((action) =>
      action.kind === "destroy" ? { ...action, kind: "hold", reason: held(action.reason) } : action,
    ),
    pullRequests: pullRequests.map(heldRow),
    orphans: orphans.map(heldRow),
  };
}
