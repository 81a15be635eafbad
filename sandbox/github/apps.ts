import { createHash, randomBytes } from "node:crypto";
import { appOfJwt } from "./app-jwt.ts";
import type { Hub } from "./hub.ts";
import {
  timestamp,
  type Account,
  type Installation,
  type InstallationToken,
  type Repository,
  type TokenPermissions,
} from "./model.ts";

/** A GitHub App, registered and installed on repositories before the host starts. */
export interface App {
  readonly id: number;
  readonly slug: string;
  /** Public half of the app's private key, in PEM. */
  readonly publicKey: string;
  /** By GitHub's names. */
  readonly permissions: TokenPermissions;
  /** Where it is installed: "owner/name" each. */
  readonly repositories: readonly string[];
}

/** What an installation's token stands for. */
export interface InstalledApp {
  readonly app: App;
  readonly user: Account;
  readonly token: InstallationToken;
}

const tokenLife = 3_600_000;

/** The apps, where they are installed, and the tokens of their installations. */
export class Apps {
  readonly #apps: readonly App[];
  readonly #hub: Hub;
  readonly #now: () => Date;

  constructor(apps: readonly App[], hub: Hub, now: () => Date) {
    this.#apps = apps;
    this.#hub = hub;
    this.#now = now;
  }

  /** Makes an installation for every account an app is on, and the account the app acts as. */
  install(): void {
    for (const app of this.#apps) {
      this.#hub.account(botLogin(app), "Bot");
      for (const account of new Set(this.repositories(app).map(({ owner }) => owner))) {
        if (this.installations(app).some((installation) => installation.account === account)) continue;
        const id = this.#hub.store.newId();
        this.#hub.store.state.installations.push({ id, appId: app.id, account, createdAt: this.#hub.now() });
      }
    }
  }

  /** @throws ApiError unless an app signed it, and lately */
  byJwt(jwt: string): App {
    return appOfJwt(jwt, this.#apps, this.#now());
  }

  byToken(secret: string): InstalledApp | undefined {
    const sha256 = digest(secret);
    const token = this.#hub.store.state.installationTokens.find((candidate) => candidate.sha256 === sha256);
    if (!token || Date.parse(token.expiresAt) <= this.#now().getTime()) return undefined;
    const installation = this.#hub.store.state.installations.find(({ id }) => id === token.installationId);
    const app = this.#apps.find(({ id }) => id === installation?.appId);
    return app && { app, user: this.#hub.account(botLogin(app), "Bot"), token };
  }

  installations(app: App): readonly Installation[] {
    return this.#hub.store.state.installations.filter(({ appId }) => appId === app.id);
  }

  installationOn(app: App, repository: Repository): Installation | undefined {
    if (!this.repositories(app).includes(repository)) return undefined;
    return this.installations(app).find(({ account }) => account === repository.owner);
  }

  /** Where the app is installed, by whatever names these have by now. */
  repositories(app: App, account?: string): readonly Repository[] {
    return app.repositories.flatMap((fullName) => {
      const [owner = "", name = ""] = fullName.split("/");
      const repository = this.#hub.anyRepository(owner, name);
      return repository && (account === undefined || repository.owner === account) ? [repository] : [];
    });
  }

  createToken(
    installation: Installation,
    permissions: TokenPermissions,
    repositories: readonly Repository[],
  ): { readonly secret: string; readonly expiresAt: string } {
    const { state } = this.#hub.store;
    const now = this.#now().getTime();
    const secret = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "0")}`;
    const expiresAt = timestamp(new Date(now + tokenLife));
    state.installationTokens = state.installationTokens.filter((token) => Date.parse(token.expiresAt) > now);
    state.installationTokens.push({
      sha256: digest(secret),
      installationId: installation.id,
      permissions,
      repositoryIds: repositories.map(({ id }) => id),
      expiresAt,
    });
    return { secret, expiresAt };
  }
}

function botLogin({ slug }: App): string {
  return `${slug}[bot]`;
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
