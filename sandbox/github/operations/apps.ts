import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { ApiError, notFound } from "../api-error.ts";
import type { App } from "../apps.ts";
import { ok, operation, repositoryOf, type Call, type Operations } from "../call.ts";
import type { Repository, TokenPermissions } from "../model.ts";
import { renderApp, renderInstallation } from "../representation/app.ts";
import { renderRepository } from "../representation/repository.ts";
import { permits } from "../token-permissions.ts";

export const apps: Operations = {
  "apps/get-authenticated": operation<Rest["apps"]["getAuthenticated"]>((call) =>
    ok(renderApp(call.hub, call.apps, appOf(call))),
  ),

  "apps/get-repo-installation": operation<Rest["apps"]["getRepoInstallation"]>((call) => {
    const app = appOf(call);
    const installation = call.apps.installationOn(app, repositoryOf(call));
    if (!installation) throw notFound();
    return ok(renderInstallation(call.hub, app, installation));
  }),

  "apps/create-installation-access-token": operation<Rest["apps"]["createInstallationAccessToken"]>((call) => {
    const { hub, input } = call;
    const app = appOf(call);
    const installation = call.apps.installations(app).find(({ id }) => id === input.installation_id);
    if (!installation) throw notFound();
    const permissions = wantedPermissions(app, input.permissions);
    const installed = call.apps.repositories(app, installation.account);
    const repositories = wantedRepositories(installed, input);
    const { secret, expiresAt } = call.apps.createToken(installation, permissions, repositories);
    const body = {
      token: secret,
      expires_at: expiresAt,
      permissions,
      repository_selection: "selected" as const,
      repositories: repositories.map((repository) => renderRepository(hub, repository)),
    };
    return { status: 201, body };
  }),
};

function appOf({ caller }: Call<object>): App {
  if (!caller.app) throw new ApiError(401, "A JSON web token could not be decoded");
  return caller.app;
}

/** All that the app has, or the part that is asked for. */
function wantedPermissions(app: App, wanted: object | undefined): TokenPermissions {
  const held: TokenPermissions = { metadata: "read", ...app.permissions };
  if (wanted === undefined) return held;
  const permissions = wanted as TokenPermissions;
  const beyond = Object.entries(permissions).some(([name, access]) => !permits(held, `${name}=${access}`));
  if (beyond) throw new ApiError(422, "The permissions requested are not granted to this installation.");
  return { metadata: "read", ...permissions };
}

function wantedRepositories(
  installed: readonly Repository[],
  wanted: { readonly repositories?: readonly string[]; readonly repository_ids?: readonly number[] },
): readonly Repository[] {
  const { repositories: names, repository_ids: ids } = wanted;
  if (names === undefined && ids === undefined) return installed;
  const found = [
    ...(names ?? []).map((name) =>
      installed.find((repository) => repository.name.toLowerCase() === name.toLowerCase()),
    ),
    ...(ids ?? []).map((id) => installed.find((repository) => repository.id === id)),
  ];
  const known = found.filter((repository) => repository !== undefined);
  if (known.length === found.length) return [...new Set(known)];
  throw new ApiError(
    422,
    "There is at least one repository that does not exist or is not accessible to the parent installation.",
  );
}
