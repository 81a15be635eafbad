import { Octokit } from "@octokit/rest";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitClient, gitHubEnvironment } from "./git-client.ts";

export interface PushCommitOptions {
  /** GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN are read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The pull request whose branch gets the commit. */
  readonly number: number;
  readonly message: string;
  readonly signal?: AbortSignal;
}

/** Pushes a small change to a pull request's branch, as its author would, and answers the new commit's sha. */
export async function pushCommit({ env, number, message, signal }: PushCommitOptions): Promise<string> {
  const github = gitHubEnvironment(env);
  const [owner = "", repo = ""] = github.GITHUB_REPOSITORY.split("/");
  const octokit = new Octokit({ baseUrl: github.GITHUB_API_URL, auth: github.GITHUB_TOKEN });
  const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
  const branch = data.head.ref;
  const folder = await mkdtemp(join(tmpdir(), "push-"));
  try {
    const git = gitClient(folder, github.GITHUB_TOKEN, signal);
    await git("clone", "--quiet", "--branch", branch, data.head.repo.clone_url, ".");
    await appendFile(join(folder, "README.md"), `\n${message}.\n`);
    await git("commit", "--quiet", "--all", "--message", message);
    await git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
    return await git("rev-parse", "HEAD");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
