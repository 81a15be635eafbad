import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { git, gitEnvironment, tryGit } from "./git-command.ts";
import { timestamp } from "./model.ts";

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

export interface ChangedFile {
  readonly status: "added" | "removed" | "modified" | "renamed";
  readonly filename: string;
  readonly previousFilename?: string;
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
}

const settings = {
  "http.receivepack": "true",
  "uploadpack.allowAnySHA1InWant": "true",
  // GitHub owns refs/pull and refuses pushes to it.
  "receive.hideRefs": "refs/pull",
  // A collection in the background would be a process nobody stops.
  "receive.autogc": "false",
  "gc.auto": "0",
};

/** A bare repository on disk, through the git command. */
export class GitRepository {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes it anew: what lies there was left by a kill, before anybody heard of it. */
  async create(defaultBranch: string, source?: GitRepository): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(dirname(this.folder), { recursive: true });
    if (source) await git("/", ["clone", "--quiet", "--bare", "--no-hardlinks", source.folder, this.folder]);
    else await git("/", ["init", "--quiet", "--bare", `--initial-branch=${defaultBranch}`, this.folder]);
    for (const [key, value] of Object.entries(settings)) await git(this.folder, ["config", key, value]);
  }

  async refs(prefix = "refs/"): Promise<ReadonlyMap<string, string>> {
    const lines = await git(this.folder, ["for-each-ref", "--format=%(refname) %(objectname)", prefix]);
    return new Map(lines.split("\n").flatMap((line) => (line ? [line.split(" ") as [string, string]] : [])));
  }

  /** The commit a branch, tag or (abbreviated) sha names; branches first, as on GitHub. */
  async resolve(revision: string): Promise<string | undefined> {
    // No name holds any of these, and each line is a question.
    if (/\s/.test(revision)) return undefined;
    const name = revision.replace(/^refs\//, "");
    const sha = /^[0-9a-f]{4,40}$/i.test(revision) ? [revision] : [];
    const candidates = [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`, ...sha];
    const answers = await git(this.folder, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], {
      input: candidates.map((candidate) => `${candidate}^{commit}\n`).join(""),
    });
    return /^([0-9a-f]{40}) commit$/m.exec(answers)?.[1];
  }

  async commit(sha: string): Promise<Commit | undefined> {
    const [commit] = await this.commits([sha], 1);
    return commit;
  }

  /** Newest first. */
  async commits(range: readonly string[], limit?: number): Promise<readonly Commit[]> {
    const fields = ["%H", "%T", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B"];
    const most = limit === undefined ? [] : [`--max-count=${limit}`];
    const printed = await git(this.folder, ["log", "-z", `--format=${fields.join("%x00")}`, ...most, ...range, "--"]);
    const values = printed.split("\0");
    return Array.from({ length: Math.floor(values.length / fields.length) }, (_, index) =>
      parseCommit(values.slice(index * fields.length, (index + 1) * fields.length)),
    );
  }

  async changedFiles(from: string, to: string): Promise<readonly ChangedFile[]> {
    const diff = ["diff-tree", "-r", "-z", "-M", "--no-commit-id", "--raw", "--numstat", "--no-abbrev"];
    return parseChanges((await git(this.folder, [...diff, from, to])).split("\0"));
  }

  /** Commits that only one of the two has. */
  async distance(base: string, head: string): Promise<{ readonly ahead: number; readonly behind: number }> {
    const printed = await git(this.folder, ["rev-list", "--left-right", "--count", `${base}...${head}`]);
    const [behind = 0, ahead = 0] = printed.trim().split("\t").map(Number);
    return { ahead, behind };
  }

  /** Which of the refs below a prefix lead to commits that this one contains. */
  async refsMergedInto(sha: string, prefix: string): Promise<ReadonlySet<string>> {
    const lines = await git(this.folder, ["for-each-ref", `--merged=${sha}`, "--format=%(refname)", prefix]);
    return new Set(lines.split("\n").filter((line) => line !== ""));
  }

  async mergeBase(one: string, other: string): Promise<string | undefined> {
    return (await tryGit(this.folder, ["merge-base", one, other]))?.trim();
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return (await tryGit(this.folder, ["merge-base", "--is-ancestor", ancestor, descendant])) !== undefined;
  }

  /** The tree that merging gives, or undefined when the two conflict. */
  async mergedTree(base: string, head: string): Promise<string | undefined> {
    return (await tryGit(this.folder, ["merge-tree", "--write-tree", "--no-messages", base, head]))
      ?.trim()
      .split("\n")[0];
  }

  async commitTree(tree: string, parents: readonly string[], message: string, by: Signature): Promise<string> {
    const who = {
      GIT_AUTHOR_NAME: by.name,
      GIT_AUTHOR_EMAIL: by.email,
      GIT_AUTHOR_DATE: by.date,
      GIT_COMMITTER_NAME: by.name,
      GIT_COMMITTER_EMAIL: by.email,
      GIT_COMMITTER_DATE: by.date,
    };
    const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", message];
    return (await git(this.folder, args, { env: { ...gitEnvironment(), ...who } })).trim();
  }

  /** Moves a ref, if it still is where the caller believes it to be (all zeros: it must not exist). */
  async updateRef(ref: string, sha: string, expected?: string): Promise<void> {
    await git(this.folder, ["update-ref", ref, sha, ...(expected === undefined ? [] : [expected])]);
  }

  async deleteRef(ref: string): Promise<void> {
    await git(this.folder, ["update-ref", "-d", ref]);
  }

  /** Copies a commit and its history from another repository of this host. */
  async fetch(source: GitRepository, sha: string, ref: string): Promise<void> {
    await git(this.folder, ["fetch", "--quiet", "--no-tags", source.folder, `+${sha}:${ref}`]);
  }

  async isValidRef(ref: string): Promise<boolean> {
    return (await tryGit(this.folder, ["check-ref-format", ref])) !== undefined;
  }
}

function parseCommit(values: readonly string[]): Commit {
  const [sha = "", tree = "", parents = "", an = "", ae = "", at = "", cn = "", ce = "", ct = "", message = ""] =
    values;
  return {
    sha,
    tree,
    parents: parents === "" ? [] : parents.split(" "),
    author: { name: an, email: ae, date: timestamp(new Date(Number(at) * 1000)) },
    committer: { name: cn, email: ce, date: timestamp(new Date(Number(ct) * 1000)) },
    message: message.trimEnd(),
  };
}

interface LineCounts {
  readonly additions: number;
  readonly deletions: number;
}

/** Of `numstat -z`: "<added>\t<deleted>\t<path>", or for a rename an empty path followed by the old and the new one. */
function parseCounts(values: readonly string[]): ReadonlyMap<string, LineCounts> {
  const counts = new Map<string, LineCounts>();
  for (let index = 0; index < values.length; index++) {
    const [, added, deleted, path] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(values[index] ?? "") ?? [];
    if (path === undefined) continue;
    const name = path === "" ? (values[(index += 2)] ?? "") : path;
    counts.set(name, { additions: Number(added) || 0, deletions: Number(deleted) || 0 });
  }
  return counts;
}

/** Of `raw -z`, which the same files in `numstat -z` follow: ":<modes> <old sha> <new sha> <letter>" and one path, two for a rename. */
function parseChanges(values: readonly string[]): readonly ChangedFile[] {
  const files: Omit<ChangedFile, keyof LineCounts>[] = [];
  let index = 0;
  while (values[index]?.startsWith(":") === true) {
    const [, , before = "", after = "", letter = ""] = values[index++]?.split(" ") ?? [];
    const renamed = letter.startsWith("R");
    const previousFilename = renamed ? values[index++] : undefined;
    files.push({
      status: letter === "A" ? "added" : letter === "D" ? "removed" : renamed ? "renamed" : "modified",
      filename: values[index++] ?? "",
      ...(previousFilename !== undefined && { previousFilename }),
      sha: letter === "D" ? before : after,
    });
  }
  const counts = parseCounts(values.slice(index));
  return files.map((file) => ({ ...file, ...(counts.get(file.filename) ?? { additions: 0, deletions: 0 }) }));
}
