import type { Operations } from "../call.ts";
import { activities } from "./activities.ts";
import { apps } from "./apps.ts";
import { deployments } from "./deployments.ts";
import { issues } from "./issues.ts";
import { labels } from "./labels.ts";
import { pulls } from "./pulls.ts";
import { refs } from "./refs.ts";
import { repositories } from "./repositories.ts";
import { statuses } from "./statuses.ts";
import { users } from "./users.ts";
import { webhooks } from "./webhooks.ts";

/** Every operation answered here, by the name GitHub's description gives it. */
export const operations: Operations = {
  ...activities,
  ...apps,
  ...deployments,
  ...issues,
  ...labels,
  ...pulls,
  ...refs,
  ...repositories,
  ...statuses,
  ...users,
  ...webhooks,
};
