import type { CommitStatus } from "../feedback/commit-status.ts";
import type { GitHubClient } from "./octokit-client.ts";

/** Keeps the commit status of pull requests. */
export interface CommitStatuses {
  /** Whether it is known to be there. */
  isThere(wanted: CommitStatus, known: CommitStatus | undefined): boolean;
  /** Writes the status unless it is there. `elsewhere` is where it leads as long as the preview has no address. */
  write(wanted: CommitStatus, known: CommitStatus | undefined, run: StatusRun): Promise<void>;
}

export interface StatusRun {
  readonly signal: AbortSignal;
  readonly elsewhere: string | undefined;
}

export function commitStatuses({
  octokit,
  owner,
  repo,
}: Pick<GitHubClient, "octokit" | "owner" | "repo">): CommitStatuses {
  async function write(wanted: CommitStatus, known: CommitStatus | undefined, { signal, elsewhere }: StatusRun) {
    const there = known && isAboutSame(wanted, known) ? known : await read(wanted, signal);
    if (there && isSame(wanted, there)) return;
    const target = wanted.url ?? elsewhere;
    await octokit.rest.repos.createCommitStatus({
      owner,
      repo,
      sha: wanted.sha,
      context: wanted.context,
      state: wanted.state,
      description: wanted.description,
      ...(target === undefined ? {} : { target_url: target }),
      request: { signal },
    });
  }

  async function read({ sha, context }: CommitStatus, signal: AbortSignal): Promise<Comparable | undefined> {
    // The newest first: the first with this name is the one that counts.
    const pages = octokit.paginate.iterator(octokit.rest.repos.listCommitStatusesForRef, {
      owner,
      repo,
      ref: sha,
      per_page: 100,
      request: { signal },
    });
    for await (const { data } of pages) {
      const found = data.find((status) => status.context === context);
      if (found) return { state: found.state, description: found.description ?? "", url: found.target_url };
    }
    return undefined;
  }

  return { isThere, write };
}

function isThere(wanted: CommitStatus, known: CommitStatus | undefined): boolean {
  return known !== undefined && isAboutSame(wanted, known) && isSame(wanted, known);
}

/** One that is about an earlier commit says nothing about this one. */
function isAboutSame(wanted: CommitStatus, known: CommitStatus): boolean {
  return known.sha === wanted.sha && known.context === wanted.context;
}

interface Comparable {
  readonly state: string;
  readonly description: string;
  readonly url?: string | null;
}

/** Where it leads without an address of its own differs from run to run, which is no reason to write it again. */
function isSame(wanted: CommitStatus, there: Comparable): boolean {
  return (
    wanted.state === there.state &&
    wanted.description === there.description &&
    (wanted.url === undefined || wanted.url === there.url)
  );
}
