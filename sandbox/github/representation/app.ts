import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { App, Apps } from "../apps.ts";
import type { Hub } from "../hub.ts";
import type { Installation } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";

export function renderApp(hub: Hub, apps: Apps, app: App): Rest["apps"]["getAuthenticated"]["response"]["data"] {
  const installations = apps.installations(app);
  const bot = hub.account(`${app.slug}[bot]`);
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId("Integration", app.id),
    owner: renderUser(hub, installations[0]?.account ?? bot.login),
    name: app.slug,
    description: null,
    external_url: hub.urls.origin,
    html_url: hub.urls.page(`apps/${app.slug}`),
    created_at: bot.createdAt,
    updated_at: bot.createdAt,
    permissions: { metadata: "read", ...app.permissions },
    events: [],
    installations_count: installations.length,
  };
}

export function renderInstallation(
  hub: Hub,
  app: App,
  { id, account, createdAt }: Installation,
): Rest["apps"]["getRepoInstallation"]["response"]["data"] {
  const owner = renderUser(hub, account);
  return {
    id,
    account: owner,
    repository_selection: "selected",
    access_tokens_url: `${hub.urls.api}/app/installations/${id}/access_tokens`,
    repositories_url: `${hub.urls.api}/installation/repositories`,
    html_url: hub.urls.page(`settings/installations/${id}`),
    app_id: app.id,
    app_slug: app.slug,
    target_id: owner.id,
    target_type: "User",
    permissions: { metadata: "read", ...app.permissions },
    events: [],
    created_at: createdAt,
    updated_at: createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: null,
  };
}
