import { Octokit } from "@octokit/rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import type { Memory } from "../memory/memory.ts";
import { ProblemsError, unreachable, wrongSetting } from "../problem.ts";
import { permissionsAskedFor } from "./accepted-permissions.ts";
import { githubFetch } from "./github-fetch.ts";

/** Who the driver is to GitHub. */
export type GitHubAuth =
  | { readonly kind: "token"; readonly token: string }
  | {
      readonly kind: "app";
      readonly appId: string;
      readonly privateKey: string;
      /** Default: the installation that has the repository. */
      readonly installationId: number | undefined;
    };

export interface OctokitOptions {
  readonly apiUrl: string;
  readonly auth: GitHubAuth;
  /** `owner/name` */
  readonly repository: string;
  readonly memory: Memory;
  /** Least seconds between two writes. Default: what GitHub asks for, which an Enterprise Server does not. */
  readonly writeInterval: number | undefined;
}

/** A client, and what it learnt of GitHub's clock. */
export interface GitHubClient {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  readonly repository: string;
  readonly apiUrl: string;
  readonly memory: Memory;
  /** GitHub's clock at its last answer, in milliseconds since 1970. */
  readonly time: () => number;
}

const PersistentOctokit = Octokit.plugin(retry);
const PatientOctokit = PersistentOctokit.plugin(throttling);
const MAX_RETRIES = 2;
/** Answers that another attempt does not change. After a 429 there is none before its time: that is the throttle's business. */
const retries = { retries: MAX_RETRIES, doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451] };
const LONGEST_WAIT_SECONDS = 60;
const NOT_BEFORE = "github/not-before";

/** GitHub's REST API, with bounded retries, at the pace GitHub asks for, and not before the time it named. */
export async function githubClient(options: OctokitOptions): Promise<GitHubClient> {
  const { apiUrl, repository, memory } = options;
  const [owner = "", repo = ""] = repository.split("/");
  let offset = 0;
  const octokit = new PatientOctokit({
    ...(await authentication(options)),
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "preview-environments",
    log: silent,
    request: { fetch: githubFetch() },
    retry: retries,
    throttle: {
      onRateLimit: waitIfShort,
      onSecondaryRateLimit: waitIfShort,
      // One at a time always; a pause between them where GitHub's own limits apply.
      ...(await writeGroups(options)),
    },
  });
  octokit.hook.before("request", () => {
    const time = memory.get(NOT_BEFORE);
    if (typeof time !== "number" || time <= Date.now()) return;
    throw unreachable("github.apiUrl", `GitHub's rate limit is used up until ${new Date(time).toISOString()}`);
  });
  octokit.hook.after("request", ({ headers }) => {
    offset = offsetOf(headers.date) ?? offset;
  });
  octokit.hook.error("request", (error) => {
    const headers = "response" in error ? error.response?.headers : undefined;
    offset = offsetOf(headers?.date) ?? offset;
    const wait = secondsToWait(statusOf(error), headers);
    if (wait !== undefined && wait > LONGEST_WAIT_SECONDS) memory.set(NOT_BEFORE, Date.now() + wait * 1000);
    throw error;
  });
  return { octokit, owner, repo, repository, apiUrl, memory, time: () => Date.now() + offset };
}

async function authentication({ auth, apiUrl, repository }: OctokitOptions): Promise<object> {
  if (auth.kind === "token") return { auth: auth.token };
  const { createAppAuth } = await import("@octokit/auth-app");
  const { appId, privateKey } = auth;
  const installationId = auth.installationId ?? (await installationOf({ auth, apiUrl, repository }));
  return { authStrategy: createAppAuth, auth: { appId, privateKey, installationId } };
}

async function installationOf(options: Pick<OctokitOptions, "auth" | "apiUrl" | "repository">): Promise<number> {
  const { createAppAuth } = await import("@octokit/auth-app");
  const [owner = "", repo = ""] = options.repository.split("/");
  const { auth, apiUrl } = options;
  const octokit = new PersistentOctokit({
    authStrategy: createAppAuth,
    auth: auth.kind === "app" ? { appId: auth.appId, privateKey: auth.privateKey } : {},
    baseUrl: apiUrl.replace(/\/+$/, ""),
    log: silent,
    request: { fetch: githubFetch() },
    retry: retries,
  });
  try {
    return (await octokit.rest.apps.getRepoInstallation({ owner, repo })).data.id;
  } catch (error) {
    const status = statusOf(error);
    if (status !== 401 && status !== 404) throw explain(error, options);
    const text = `the app has no installation with ${options.repository}, or its key does not fit: ${messageOf(error)}`;
    throw wrongSetting("GITHUB_APP_ID", text, error);
  }
}

async function writeGroups({ apiUrl, writeInterval }: OctokitOptions): Promise<object> {
  const seconds = writeInterval ?? (isGitHubCom(apiUrl) ? undefined : 0);
  if (seconds === undefined) return {};
  const { default: Bottleneck } = await import("bottleneck");
  const group = (id: string) => new Bottleneck.Group({ id, maxConcurrent: 1, minTime: seconds * 1000 });
  return { write: group("previews-write"), notifications: group("previews-notifications") };
}

function isGitHubCom(apiUrl: string): boolean {
  const { hostname } = new URL(apiUrl);
  return hostname === "api.github.com" || hostname.endsWith(".ghe.com");
}

/** Turns what the client threw into what a user can do about it. */
export function explain(error: unknown, { repository, apiUrl }: Pick<GitHubClient, "repository" | "apiUrl">): unknown {
  if (error instanceof ProblemsError) return error;
  const status = statusOf(error);
  if (status === undefined && !(error instanceof TypeError)) return error;
  const message = messageOf(error);
  if ((status === 401 || status === 404) && isAboutInstallation(error)) {
    const text = `the app has no such installation, or its key does not fit (${status}): ${message}`;
    return wrongSetting("GITHUB_APP_INSTALLATION_ID", text, error);
  }
  if (status === 401) return wrongSetting("GITHUB_TOKEN", `${apiUrl} refuses the token (401): ${message}`, error);
  if (status === 404) {
    const text = `"${repository}" was not found at ${apiUrl}, or the token may not see it (404)`;
    return wrongSetting("repository", text, error);
  }
  if (status === 403 && !/rate limit/i.test(message)) {
    const text = `the token may not read ${repository} (403): ${message}${permissionsAskedFor(error)}`;
    return wrongSetting("GITHUB_TOKEN", text, error);
  }
  return unreachable("github.apiUrl", `no usable answer from ${apiUrl}: ${message}`, error);
}

/** An app asks for a token before its first request. */
function isAboutInstallation(error: unknown): boolean {
  const request = error instanceof Error && "request" in error ? (error.request as { readonly url?: unknown }) : {};
  return typeof request.url === "string" && /\/app\/installations\/[^/]+\/access_tokens$/.test(request.url);
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : undefined;
}

export function messageOf(error: unknown): string {
  if (error instanceof ProblemsError) return error.problems.map(({ text }) => text).join("; ");
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== "" ? ` (${error.cause.message})` : "";
  return error.message.replace(/ - https?:\/\/\S+$/, "") + cause;
}

function waitIfShort(seconds: number, _request: object, _octokit: object, retryCount: number): boolean {
  return retryCount < MAX_RETRIES && seconds <= LONGEST_WAIT_SECONDS;
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** How long GitHub wants to be left alone; undefined: it did not say. */
function secondsToWait(status: number | undefined, headers: Headers | undefined): number | undefined {
  if ((status !== 403 && status !== 429) || headers === undefined) return undefined;
  if (headers["retry-after"] !== undefined) return Number(headers["retry-after"]);
  if (String(headers["x-ratelimit-remaining"]) !== "0") return undefined;
  return Number(headers["x-ratelimit-reset"]) - Date.now() / 1000;
}

function offsetOf(date: string | number | undefined): number | undefined {
  const time = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? undefined : time - Date.now();
}

const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
