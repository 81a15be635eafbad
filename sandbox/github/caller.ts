import type { App, Apps } from "./apps.ts";
import { badCredentials } from "./api-error.ts";
import { isJwt } from "./app-jwt.ts";
import { tokenOf, type Credential } from "./credentials.ts";
import { same, type Hub } from "./hub.ts";
import type { Account } from "./model.ts";
import type { Grant } from "./token-permissions.ts";

/** Who makes a request. Nobody in particular, where all is absent. */
export interface Caller {
  /** Who acts: the owner of a token, or the bot of an app's installation. */
  readonly user?: Account;
  /** What the token may do, where it may not do all that its owner may. */
  readonly grant?: Grant;
  /** An app that speaks for itself, with a token it signed. */
  readonly app?: App;
}

/** Tells who calls, by the token. */
export class Callers {
  readonly #credentials: readonly Credential[];
  readonly #hub: Hub;
  readonly #apps: Apps;

  constructor(credentials: readonly Credential[], hub: Hub, apps: Apps) {
    this.#credentials = credentials;
    this.#hub = hub;
    this.#apps = apps;
  }

  /** @throws ApiError for a token that is wrong or has expired */
  byAuthorization(authorization: string | undefined): Caller {
    if (authorization === undefined) return {};
    const token = tokenOf(authorization);
    if (isJwt(token)) return { app: this.#apps.byJwt(token) };
    const caller = this.byToken(token);
    if (!caller) throw badCredentials();
    return caller;
  }

  byToken(token: string): (Caller & { readonly user: Account }) | undefined {
    const credential = this.#credentials.find((candidate) => candidate.token === token);
    if (credential) return this.#owner(credential);
    const installed = this.#apps.byToken(token);
    if (!installed) return undefined;
    const { permissions, repositoryIds } = installed.token;
    const covers: Grant["covers"] = ({ id }) => repositoryIds.includes(id);
    return { user: installed.user, grant: { holder: "integration", permissions, covers } };
  }

  #owner({ login, tokenPermissions }: Credential): Caller & { readonly user: Account } {
    const user = this.#hub.account(login);
    if (!tokenPermissions) return { user };
    const covers: Grant["covers"] = ({ parentId, owner }) => parentId === undefined || same(owner, login);
    return { user, grant: { holder: "personal access token", permissions: tokenPermissions, covers } };
  }
}
