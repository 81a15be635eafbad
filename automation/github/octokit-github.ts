import { Octokit, type RestEndpointMethodTypes } from "@octokit/rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { ProblemsError, unreachable, wrongSetting } from "../problem.ts";
import type { PullRequest, Reading } from "../model.ts";
import type { GitHub } from "./github.ts";

export interface OctokitOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name` */
  readonly repository: string;
}

const PatientOctokit = Octokit.plugin(retry, throttling);
const MAX_RETRIES = 2;
const LONGEST_WAIT_SECONDS = 60;

type PullRequestAnswer =
  | RestEndpointMethodTypes["pulls"]["list"]["response"]["data"][number]
  | RestEndpointMethodTypes["pulls"]["get"]["response"]["data"];

/** GitHub's REST API, with bounded retries and at the pace GitHub asks for. */
export function octokitGitHub({ apiUrl, token, repository }: OctokitOptions): GitHub {
  const [owner = "", repo = ""] = repository.split("/");
  const octokit = new PatientOctokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "preview-environments",
    log: silent,
    retry: { retries: MAX_RETRIES },
    throttle: { onRateLimit: waitIfShort, onSecondaryRateLimit: waitIfShort },
  });

  async function openPullRequests(signal: AbortSignal): Promise<readonly PullRequest[]> {
    const answers = await octokit
      // Oldest first: a pull request opened while the pages are read shifts none of them.
      .paginate(octokit.rest.pulls.list, { ...all, owner, repo, request: { signal } })
      .catch((error: unknown) => {
        throw explain(error, repository, apiUrl);
      });
    const pullRequests = [...new Map(answers.map((answer) => [answer.number, plain(answer)])).values()];
    const stranger = pullRequests.find((pullRequest) => !same(pullRequest.repository, repository));
    if (stranger) throw wrongSetting("repository", `"${repository}" is called "${stranger.repository}" by now`);
    return pullRequests;
  }

  async function pullRequest(number: number, signal: AbortSignal): Promise<Reading> {
    try {
      const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number, request: { signal } });
      return { kind: "found", pullRequest: plain(data) };
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) === 404) {
        return { kind: "missing", reason: `GitHub knows no pull request ${number} in ${repository} (404)` };
      }
      return { kind: "unreadable", reason: `pull request ${number} could not be read: ${messageOf(error)}` };
    }
  }

  async function hasLabel(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      await octokit.rest.issues.getLabel({ owner, repo, name, request: { signal } });
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw explain(error, repository, apiUrl);
    }
  }

  return { openPullRequests, pullRequest, hasLabel };
}

const all = { state: "open", sort: "created", direction: "asc", per_page: 100 } as const;

function plain(answer: PullRequestAnswer): PullRequest {
  // GitHub's description says that the head's repository is always there: a deleted fork leaves null.
  const headRepository = answer.head.repo as typeof answer.head.repo | null;
  return {
    number: answer.number,
    title: answer.title,
    author: answer.user?.login ?? "ghost",
    state: answer.state === "closed" ? "closed" : "open",
    draft: answer.draft ?? false,
    labels: answer.labels.map(({ name }) => name),
    url: answer.html_url,
    repository: answer.base.repo.full_name,
    head: {
      sha: answer.head.sha,
      branch: answer.head.ref,
      repository: headRepository?.full_name,
      cloneUrl: headRepository?.clone_url ?? answer.base.repo.clone_url,
    },
  };
}

/** Turns what the client threw into what a user can do about it. */
function explain(error: unknown, repository: string, apiUrl: string): unknown {
  const status = statusOf(error);
  if (status === undefined && !(error instanceof TypeError)) return error;
  const message = messageOf(error);
  if (status === 401) return wrongSetting("GITHUB_TOKEN", `${apiUrl} refuses the token (401): ${message}`, error);
  if (status === 404) {
    const text = `"${repository}" was not found at ${apiUrl}, or the token may not see it (404)`;
    return wrongSetting("repository", text, error);
  }
  if (status === 403 && !/rate limit/i.test(message)) {
    return wrongSetting("GITHUB_TOKEN", `the token may not read ${repository} (403): ${message}`, error);
  }
  return unreachable("github.apiUrl", `no usable answer from ${apiUrl}: ${message}`, error);
}

function waitIfShort(seconds: number, _request: object, _octokit: object, retryCount: number): boolean {
  return retryCount < MAX_RETRIES && seconds <= LONGEST_WAIT_SECONDS;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof ProblemsError || !(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== "" ? ` (${error.cause.message})` : "";
  return error.message.replace(/ - https?:\/\/\S+$/, "") + cause;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
