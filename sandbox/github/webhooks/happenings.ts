import { isPullRequest, type Repository } from "../model.ts";

/** What was known of a repository at one time, as far as webhooks tell of it. */
export interface Seen {
  readonly webhooks: ReadonlySet<number>;
  readonly activities: ReadonlySet<number>;
  readonly statuses: ReadonlySet<number>;
  readonly comments: ReadonlySet<number>;
  readonly pullRequests: ReadonlyMap<number, SeenPullRequest>;
}

interface SeenPullRequest {
  readonly state: "open" | "closed";
  readonly sha: string;
  readonly title: string;
  readonly body: string | null;
  readonly base: string;
  readonly labelIds: readonly number[];
}

/** Something a webhook tells, by the ids of what it is about. */
export type Happening =
  | { readonly event: "ping"; readonly webhook: number }
  | { readonly event: "push"; readonly activity: number }
  | { readonly event: "status"; readonly status: number }
  | { readonly event: "issue_comment"; readonly action: "created"; readonly comment: number }
  | {
      readonly event: "pull_request";
      readonly action: "opened" | "reopened" | "closed" | "edited" | "synchronize";
      readonly number: number;
      /** Head of before, for a synchronize. */
      readonly before?: string;
      /** What it was before, for an edit. */
      readonly was?: { readonly title?: string; readonly body?: string | null; readonly base?: string };
    }
  | {
      readonly event: "pull_request";
      readonly action: "labeled" | "unlabeled";
      readonly number: number;
      readonly label: number;
    };

export function look({ webhooks, activities, statuses, comments, issues }: Repository): Seen {
  const ids = (all: readonly { readonly id: number }[]) => new Set(all.map(({ id }) => id));
  const pullRequests = issues
    .filter(isPullRequest)
    .map(
      ({ number, state, title, body, labelIds, pull }) =>
        [number, { state, sha: pull.head.sha, title, body, base: pull.base.ref, labelIds: [...labelIds] }] as const,
    );
  return {
    webhooks: ids(webhooks),
    activities: ids(activities),
    statuses: ids(statuses),
    comments: ids(comments),
    pullRequests: new Map(pullRequests),
  };
}

/** What has happened between two looks. */
export function happenings(before: Seen, after: Seen): readonly Happening[] {
  const added = (key: "webhooks" | "activities" | "statuses" | "comments") =>
    [...after[key]].filter((id) => !before[key].has(id));
  return [
    ...added("webhooks").map((webhook) => ({ event: "ping", webhook }) as const),
    ...added("activities").map((activity) => ({ event: "push", activity }) as const),
    ...[...after.pullRequests].flatMap(([number, now]) => changes(number, before.pullRequests.get(number), now)),
    ...added("statuses").map((status) => ({ event: "status", status }) as const),
    ...added("comments").map((comment) => ({ event: "issue_comment", action: "created", comment }) as const),
  ];
}

function changes(number: number, was: SeenPullRequest | undefined, now: SeenPullRequest): Happening[] {
  const event = "pull_request";
  if (was === undefined) return [{ event, action: "opened", number }, ...labels(number, [], now.labelIds)];
  const found: Happening[] = [];
  if (was.sha !== now.sha) found.push({ event, action: "synchronize", number, before: was.sha });
  const edited = {
    ...(was.title !== now.title && { title: was.title }),
    ...(was.body !== now.body && { body: was.body }),
    ...(was.base !== now.base && { base: was.base }),
  };
  if (Object.keys(edited).length > 0) found.push({ event, action: "edited", number, was: edited });
  found.push(...labels(number, was.labelIds, now.labelIds));
  if (was.state !== now.state) found.push({ event, action: now.state === "open" ? "reopened" : "closed", number });
  return found;
}

function labels(number: number, was: readonly number[], now: readonly number[]): Happening[] {
  const change = (action: "labeled" | "unlabeled", ids: readonly number[]) =>
    ids.map((label) => ({ event: "pull_request", action, number, label }) as const);
  return [
    ...change(
      "labeled",
      now.filter((id) => !was.includes(id)),
    ),
    ...change(
      "unlabeled",
      was.filter((id) => !now.includes(id)),
    ),
  ];
}
