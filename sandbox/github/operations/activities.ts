import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { matchingActivities } from "../activity.ts";
import { operation, repositoryOf, type Operations } from "../call.ts";
import { cursorPage } from "../cursor-pages.ts";
import { pageOf } from "../pagination.ts";
import { renderActivity } from "../representation/activity.ts";

export const activities: Operations = {
  "repos/list-activities": operation<Rest["repos"]["listActivities"]>((call) => {
    const { hub, input } = call;
    const { ref, actor, activity_type: type, time_period: period } = input;
    const since = period && Date.parse(hub.now()) - days[period] * 86_400_000;
    const ascending = matchingActivities(repositoryOf(call).activities, { ref, actor, type, since });
    const ordered = input.direction === "asc" ? ascending : ascending.toReversed();
    const { perPage } = pageOf(input);
    const { items, links } = cursorPage(ordered, { before: input.before, after: input.after, perPage });
    return { status: 200, body: items.map((activity) => renderActivity(hub, activity)), cursors: links };
  }),
};

const days = { day: 1, week: 7, month: 31, quarter: 92, year: 366 } as const;
