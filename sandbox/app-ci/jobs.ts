/** The image of one commit, or the release that one tag names. */
export interface Job {
  readonly sha: string;
  /** Of a release: its version, without the "v" of the tag. */
  readonly release?: string;
}

const line = /^([0-9a-f]{40})\t(refs\/(heads|tags|pull)\/(.+?))(\^\{\})?$/;
const releaseTag = /^refs\/tags\/v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/;

/**
 * What `git ls-remote` lists, as jobs: an image for every commit that a branch, a tag or a pull request points at, and a
 * release for every version tag. Releases come first: production waits for them.
 */
export function jobsFrom(lsRemote: string): readonly Job[] {
  const commits = new Map<string, string>();
  for (const entry of lsRemote.split("\n")) {
    const [, sha, ref] = line.exec(entry) ?? [];
    // An annotated tag is listed twice; the second line, "^{}", has the commit.
    if (sha !== undefined && ref !== undefined) commits.set(ref, sha);
  }
  const releases = [...commits].flatMap(([ref, sha]) => {
    const release = releaseTag.exec(ref)?.[1];
    return release === undefined ? [] : [{ sha, release }];
  });
  return [...releases, ...[...new Set(commits.values())].map((sha) => ({ sha }))];
}

/** Names a job; also the context of its commit status. */
export function jobContext({ release }: Job): string {
  return release === undefined ? "ci/image" : `ci/release/v${release}`;
}

export function jobKey(job: Job): string {
  return `${job.sha} ${jobContext(job)}`;
}
