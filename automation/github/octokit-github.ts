import type { RestEndpointMethodTypes } from "@octokit/rest";
import { setTimeout as sleep } from "node:timers/promises";
import { sameName, type Command, type PullRequest, type Reading } from "../model.ts";
import { unreachable, wrongSetting } from "../problem.ts";
import { permissionsAskedFor } from "./accepted-permissions.ts";
import { ConditionalReads, PER_PAGE } from "./conditional-reads.ts";
import { Conversation } from "./conversation.ts";
import type { GitHub } from "./github.ts";
import type { Memory } from "../memory/memory.ts";
import { explain, messageOf, statusOf, type GitHubClient } from "./octokit-client.ts";
import { orAborted } from "../or-aborted.ts";

type ListedPullRequest = RestEndpointMethodTypes["pulls"]["list"]["response"]["data"][number];
type PullRequestAnswer = ListedPullRequest | RestEndpointMethodTypes["pulls"]["get"]["response"]["data"];
type ChangedFile = RestEndpointMethodTypes["pulls"]["listFiles"]["response"]["data"][number];
type Activity = RestEndpointMethodTypes["repos"]["listActivities"]["response"]["data"][number];
type RepositoryAnswer = RestEndpointMethodTypes["repos"]["get"]["response"]["data"];
type CommitAnswer = RestEndpointMethodTypes["repos"]["getCommit"]["response"]["data"];

/** GitHub lists no more than 3,000 changed files. */
const MOST_FILE_PAGES = 30;
const MOST_LOOKS = 3;
/** Between a 404 and the question whether it is one. */
const SECOND_LOOK_MS = 1000;

/** GitHub's REST API as the driver's port. */
export function octokitGitHub(client: GitHubClient): GitHub {
  const { owner, repo, repository } = client;
  const reads = new ConditionalReads(client);
  const conversation = new Conversation(client, reads);
  const at = `/repos/${owner}/${repo}`;

  async function explained<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw explain(error, client);
    }
  }

  async function openPullRequests(signal: AbortSignal): Promise<readonly PullRequest[]> {
    const listed = await explained(wholeList(reads, client.memory, at, signal));
    const stranger = listed.find((pullRequest) => !sameName(pullRequest.repository, repository));
    // An empty list names no repository: then the repository itself is asked who it is.
    if (stranger || listed.length === 0) await explained(checkName(signal));
    if (stranger) throw mixedUp(stranger.repository);
    return listed;
  }

  async function checkName(signal: AbortSignal): Promise<void> {
    const { value } = await reads.one(at, fullName, signal);
    if (value === undefined)
      throw unreachable("github.apiUrl", `${client.apiUrl} does not say which repository it means`);
    if (!sameName(value, repository)) throw renamed(repository, value);
  }

  async function pullRequest(number: number, signal: AbortSignal): Promise<Reading> {
    try {
      const { value } = await reads.one(`${at}/pulls/${number}`, plain, signal);
      if (value.number === number) return { kind: "found", pullRequest: value };
      return { kind: "unreadable", reason: `asked for pull request ${number}, GitHub answered with ${value.number}` };
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) === 404) return secondLook(number, signal);
      return { kind: "unreadable", reason: `pull request ${number} could not be read: ${messageOf(error)}` };
    }
  }

  /** A 404 may be a lost permission or a bad moment. It is believed when it comes again and the repository is there. */
  async function secondLook(number: number, signal: AbortSignal): Promise<Reading> {
    await sleep(SECOND_LOOK_MS, undefined, { signal });
    const unsure = (why: string): Reading => ({
      kind: "unreadable",
      reason: `pull request ${number}: 404, but ${why}`,
    });
    try {
      await checkName(signal);
      for (const kind of ["pulls", "issues"]) {
        const look = kind === "pulls" ? "the second look" : "its issue";
        const { status, hint } = await statusAt(`${at}/${kind}/${number}`, signal);
        // 410: an issue that was deleted.
        if (status !== 404 && status !== 410) return unsure(`${look} gave ${status ?? "no answer"}${hint}`);
      }
      return { kind: "gone", reason: `GitHub knows no pull request ${number} in ${repository} (404, twice)` };
    } catch (error) {
      signal.throwIfAborted();
      return unsure(`the repository could not be read: ${messageOf(error)}`);
    }
  }

  /** Unconditionally, and nothing is remembered: it is the status alone that counts. */
  async function statusAt(url: string, signal: AbortSignal) {
    try {
      const asked = client.octokit.request({ method: "GET", url, request: { signal } });
      return { status: (await orAborted(asked, signal)).status, hint: "" };
    } catch (error) {
      signal.throwIfAborted();
      const status = statusOf(error);
      return { status, hint: status === 403 ? permissionsAskedFor(error) : "" };
    }
  }

  function mixedUp(other: string): Error {
    const text = `${client.apiUrl} answered with pull requests of "${other}" instead of "${repository}"`;
    return unreachable("github.apiUrl", `${text}; nothing is decided on them`);
  }

  async function hasLabel(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      await reads.one(`${at}/labels/${encodeURIComponent(name)}`, () => true, signal);
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw explain(error, client);
    }
  }

  async function headSince({ head }: PullRequest, signal: AbortSignal): Promise<string | null> {
    if (head.repository === undefined) return null;
    const ref = encodeURIComponent(`refs/heads/${head.branch}`);
    try {
      const url = `/repos/${head.repository}/activity?ref=${ref}&per_page=1`;
      const { value } = await reads.one(
        url,
        (data) => (Array.isArray(data) ? (data[0] as Activity) : undefined),
        signal,
      );
      return value?.after === head.sha ? value.timestamp : null;
    } catch (error) {
      signal.throwIfAborted();
      const status = statusOf(error);
      // A fork that the token may not look into, or a GitHub that keeps no such record.
      if (status !== undefined && status < 500 && status !== 429 && !/rate limit/i.test(messageOf(error))) return null;
      if (status === 501) return null;
      throw explain(error, client);
    }
  }

  async function committedAt({ head }: PullRequest, signal: AbortSignal): Promise<string> {
    const when = (data: unknown) => (data as CommitAnswer).commit.committer?.date ?? "";
    return (await explained(reads.one(`${at}/commits/${head.sha}`, when, signal))).value;
  }

  async function changedFiles({ number }: PullRequest, signal: AbortSignal): Promise<readonly string[] | null> {
    const url = `${at}/pulls/${number}/files?per_page=${PER_PAGE}`;
    const paths = ({ filename, previous_filename }: ChangedFile) =>
      previous_filename === undefined ? [filename] : [filename, previous_filename];
    const { value } = await explained(reads.all(url, paths, signal, { mostPages: MOST_FILE_PAGES }));
    return value.length >= MOST_FILE_PAGES * PER_PAGE ? null : value.flat();
  }

  async function wasCalled(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { value } = await reads.one(`/repos/${name}`, fullName, signal);
      return value !== undefined && sameName(value, repository);
    } catch (error) {
      signal.throwIfAborted();
      const status = statusOf(error);
      if (status === 404 || status === 403) return false;
      throw explain(error, client);
    }
  }

  const commands = (one: PullRequest, signal: AbortSignal): Promise<readonly Command[]> =>
    explained(conversation.commands(one.number, signal));
  const approvals = (one: PullRequest, signal: AbortSignal): Promise<readonly Command[]> =>
    explained(conversation.approvals(one.number, signal));

  return {
    openPullRequests,
    pullRequest,
    hasLabel,
    commands,
    approvals,
    headSince,
    committedAt,
    changedFiles,
    wasCalled,
    time: client.time,
  };
}

/**
 * All open pull requests. A pull request that closes between two pages moves those after it forward, and one is missed:
 * so a list of several pages that changed since the last time is read until two looks agree.
 */
async function wholeList(
  reads: ConditionalReads,
  memory: Memory,
  at: string,
  signal: AbortSignal,
): Promise<readonly PullRequest[]> {
  const order = `order/${at}/pulls`;
  const growsAtEnd = memory.get(order) !== "latest first";
  const url = `${at}/pulls?state=open&${growsAtEnd ? OLDEST_FIRST : LATEST_FIRST}&per_page=${PER_PAGE}`;
  let before: string | undefined;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const { value, changed } = await reads.all(url, plain, signal, { growsAtEnd });
    const numbers = value.map(({ number }) => number).sort((one, other) => one - other);
    const repeated = new Set(numbers).size !== numbers.length;
    if (!repeated && (value.length < PER_PAGE || !changed || numbers.join() === before)) {
      const full = value.length > 0 && value.length % PER_PAGE === 0;
      memory.set(order, full ? "latest first" : "oldest first");
      return value;
    }
    before = repeated ? undefined : numbers.join();
  }
  throw unreachable(
    "github.apiUrl",
    "the list of open pull requests changed each time it was read; nothing is decided on it",
  );
}

/** A pull request opened while the pages are read shifts none of them, and something that happens to one changes one page. */
const OLDEST_FIRST = "sort=created&direction=asc";
/** Where the last page is full, its ETag cannot tell whether another follows. Here whatever is opened changes the first. */
const LATEST_FIRST = "sort=updated&direction=desc";

function renamed(from: string, to: string): Error {
  return wrongSetting("repository", `"${from}" is called "${to}" by now; set it to that, and its previews move along`);
}

function fullName(data: unknown): string | undefined {
  const name: unknown = (data as RepositoryAnswer | undefined)?.full_name;
  return typeof name === "string" ? name : undefined;
}

function plain(data: unknown): PullRequest {
  const answer = data as PullRequestAnswer;
  // GitHub's description says that the head's repository is always there: a deleted fork leaves null.
  const headRepository = answer.head.repo as typeof answer.head.repo | null;
  return {
    number: answer.number,
    title: answer.title,
    author: answer.user?.login ?? "ghost",
    authorAssociation: answer.author_association,
    state: answer.state === "closed" ? "closed" : "open",
    draft: answer.draft ?? false,
    labels: answer.labels.map(({ name }) => name),
    url: answer.html_url,
    repository: answer.base.repo.full_name,
    createdAt: answer.created_at,
    updatedAt: answer.updated_at,
    base: { branch: answer.base.ref },
    head: {
      sha: answer.head.sha,
      branch: answer.head.ref,
      repository: headRepository?.full_name,
      cloneUrl: headRepository?.clone_url ?? answer.base.repo.clone_url,
    },
  };
}
