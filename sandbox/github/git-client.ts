import { git, gitEnvironment } from "./git-command.ts";

/** What a user's shell knows of the git host: the part of the sandbox's `env` that is read here. */
export interface GitHubEnvironment {
  readonly GITHUB_API_URL: string;
  readonly GITHUB_REPOSITORY: string;
  readonly GITHUB_TOKEN: string;
}

export type GitCommand = (...args: readonly string[]) => Promise<string>;

/** @throws Error naming every variable that is missing */
export function gitHubEnvironment(env: Readonly<Record<string, string | undefined>>): GitHubEnvironment {
  const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN } = env;
  const found = { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN };
  const missing = Object.entries(found).flatMap(([name, value]) => (value === undefined || value === "" ? [name] : []));
  if (missing.length > 0) throw new Error(`${missing.join(", ")} not set: the sandbox's "env" command prints them`);
  return found as GitHubEnvironment;
}

export function cloneUrl({ GITHUB_API_URL, GITHUB_REPOSITORY }: GitHubEnvironment): string {
  return `${new URL(GITHUB_API_URL).origin}/${GITHUB_REPOSITORY}.git`;
}

/** Git in a folder, as a user with a token. */
export function gitClient(folder: string, token: string, signal?: AbortSignal): GitCommand {
  const authorization = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  const env = gitEnvironment({
    "http.extraHeader": authorization,
    "user.name": "Kbot Developer",
    "user.email": "developer@example.com",
  });
  return async (...args) => (await git(folder, args, { env, ...(signal && { signal }) })).trim();
}
