import type { ChangedFile, GitRepository } from "./git-repository.ts";

/** How two commits stand to each other: what a pull request shows of its head and its base. */
export interface Comparison {
  /** Where the head left the base. */
  readonly start: string;
  /** Commits of the head that the base has not. */
  readonly commits: number;
  readonly files: readonly ChangedFile[];
  readonly mergeable: boolean;
}

const most = 5000;

/** Remembers comparisons: a commit never changes, and asking git takes several processes. */
export class Comparisons {
  readonly #known = new Map<string, Promise<Comparison>>();

  of(git: GitRepository, base: string, head: string): Promise<Comparison> {
    const key = `${git.folder} ${base} ${head}`;
    const known = this.#known.get(key);
    if (known) return known;
    const comparison = compare(git, base, head);
    this.#known.set(key, comparison);
    comparison.catch(() => this.#known.delete(key));
    const [oldest] = this.#known.keys();
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest);
    return comparison;
  }
}

async function compare(git: GitRepository, base: string, head: string): Promise<Comparison> {
  const { ahead, behind } = await git.distance(base, head);
  // A head that has all of the base merges by moving the base.
  const start = behind === 0 ? base : ((await git.mergeBase(base, head)) ?? base);
  const files = await git.changedFiles(start, head);
  const mergeable = behind === 0 || (await git.mergedTree(base, head)) !== undefined;
  return { start, commits: ahead, files, mergeable };
}
