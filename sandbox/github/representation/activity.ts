import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import type { Activity } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";

type RenderedActivity = Rest["repos"]["listActivities"]["response"]["data"][number];

export function renderActivity(hub: Hub, activity: Activity): RenderedActivity {
  return {
    id: activity.id,
    node_id: nodeId("PushActivity", activity.id),
    before: activity.before,
    after: activity.after,
    ref: activity.ref,
    timestamp: activity.at,
    activity_type: activity.type,
    actor: renderUser(hub, activity.actor),
  };
}
