import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import { fullName, type Repository, type Webhook } from "../model.ts";

type RenderedWebhook = Rest["repos"]["getWebhook"]["response"]["data"];

/** A secret is never told again. */
const hidden = "********";

export function renderWebhook(hub: Hub, repository: Repository, webhook: Webhook): RenderedWebhook {
  const url = `${hub.urls.repository(fullName(repository))}/hooks/${webhook.id}`;
  const { config, lastResponse } = webhook;
  return {
    type: "Repository",
    id: webhook.id,
    name: "web",
    active: webhook.active,
    events: [...webhook.events],
    config: {
      url: config.url,
      content_type: config.contentType,
      insecure_ssl: config.insecureSsl,
      ...(config.secret !== undefined && { secret: hidden }),
    },
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: lastResponse,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  };
}
