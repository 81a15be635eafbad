import { Octokit } from "@octokit/rest";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { git, gitEnvironment } from "../../sandbox/github/git-command.ts";
import { startHost, type HostOptions, type RunningHost } from "../../sandbox/github/host.ts";

export const repository = "acme/app";
export const [owner, repo] = ["acme", "app"] as const;
export const here = { owner, repo };

export const credentials = [
  { login: "maintainer", token: "maintainer-token", permission: "admin" },
  { login: "contributor", token: "contributor-token", permission: "read" },
] as const;

/** A git host with one repository, and a clone of it to push from. */
export interface GitHubWorld {
  readonly host: RunningHost;
  readonly folder: string;
  /** What the host has logged. */
  readonly log: readonly string[];
  readonly maintainer: Octokit;
  readonly contributor: Octokit;
  client(token?: string): Octokit;
  /** Asks the API as it is, without octokit's help. */
  ask(path: string, init?: RequestInit & { readonly token?: string }): Promise<Response>;
  /** Stops the host and starts it again on what it left behind. */
  restart(options?: Partial<HostOptions>): Promise<void>;
  git(...args: readonly string[]): Promise<string>;
  /** The address of a repository with a token in it. */
  cloneUrl(name?: string, token?: string): string;
  /** Commits one file on a branch, made from main where it is new, without pushing it. */
  commit(branch: string, text?: string): Promise<string>;
  /** Commits and pushes; `options` go to `git push`. */
  push(branch: string, ...options: readonly string[]): Promise<string>;
  open(branch: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startGitHub(options: Partial<HostOptions> = {}): Promise<GitHubWorld> {
  const folder = await mkdtemp(join(tmpdir(), "github-world-"));
  const clone = join(folder, "clone");
  await mkdir(clone);
  const log: string[] = [];
  const start = (more: Partial<HostOptions> = {}) =>
    startHost({
      host: "127.0.0.1",
      port: 0,
      dataFolder: join(folder, "data"),
      credentials,
      repositories: [repository],
      firstNumber: 41,
      rateLimit: 5000,
      log: (line) => log.push(line),
      ...options,
      ...more,
    });
  let host = await start();
  const env = gitEnvironment({ "user.name": "A Developer", "user.email": "developer@example.com" });
  let commits = 0;

  const world: GitHubWorld = {
    get host() {
      return host;
    },
    folder,
    log,
    get maintainer() {
      return world.client("maintainer-token");
    },
    get contributor() {
      return world.client("contributor-token");
    },
    client: (token) => new Octokit({ baseUrl: host.apiUrl, log: silent, ...(token !== undefined && { auth: token }) }),
    ask: (path, { token = "maintainer-token", headers, ...init } = {}) =>
      fetch(`${host.apiUrl}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...(headers as Record<string, string> | undefined) },
      }),
    restart: async (more) => {
      await host.stop();
      host = await start(more);
    },
    git: async (...args) => (await git(clone, args, { env })).trim(),
    cloneUrl: (name = repository, token = "maintainer-token") =>
      `${host.origin.replace("://", `://x-access-token:${token}@`)}/${name}.git`,
    commit: async (branch, text = String(++commits)) => {
      const known = (await world.git("branch", "--list", branch)) !== "";
      if (branch !== "main") await world.git("checkout", "--quiet", ...(known ? [branch] : ["-b", branch, "main"]));
      else await world.git("checkout", "--quiet", "main");
      await writeFile(join(clone, `${branch.replaceAll("/", "-")}.txt`), `${text}\n`);
      await world.git("add", "--all");
      await world.git("commit", "--quiet", "--message", `${branch} ${text}`);
      return world.git("rev-parse", "HEAD");
    },
    push: async (branch, ...pushOptions) => {
      const sha = await world.commit(branch);
      await world.git("push", "--quiet", ...pushOptions, world.cloneUrl(), `HEAD:refs/heads/${branch}`);
      return sha;
    },
    open: async (branch) => {
      await world.push(branch);
      const title = `Change ${branch}`;
      return (await world.maintainer.rest.pulls.create({ ...here, title, head: branch, base: "main" })).data.number;
    },
    stop: async () => {
      await host.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await world.git("init", "--quiet", "--initial-branch=main");
  await world.git("commit", "--quiet", "--allow-empty", "--message", "first");
  await world.git("push", "--quiet", world.cloneUrl(), "main");
  return world;
}

/** Status, body and headers of a request that must fail. */
export async function refusal(request: Promise<unknown>): Promise<{
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}> {
  try {
    await request;
  } catch (error) {
    const { status, response } = error as {
      status: number;
      response?: { data: { message?: string }; headers: Record<string, string> };
    };
    return { status, message: response?.data.message ?? String(error), headers: response?.headers ?? {} };
  }
  throw new Error("the request was answered, but should have been refused");
}

const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
