import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { notFound } from "../api-error.ts";
import { ok, operation, signedIn, type Operations } from "../call.ts";
import { renderPublicUser } from "../representation/account.ts";

export const users: Operations = {
  "users/get-authenticated": operation<Rest["users"]["getAuthenticated"]>((call) =>
    ok({ ...renderPublicUser(call.hub, signedIn(call)), user_view_type: "public" }),
  ),

  "users/get-by-username": operation<Rest["users"]["getByUsername"]>(({ hub, input }) => {
    const account = hub.findAccount(input.username);
    if (!account) throw notFound();
    return ok(renderPublicUser(hub, account));
  }),
};
