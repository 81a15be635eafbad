import { join } from "node:path";
import { execa } from "execa";
import pLimit from "p-limit";
import { closePullRequest, github, imageBuilt, type Line } from "../../sandbox/line.ts";
import type { RunOptions } from "./run-options.ts";

const OPENED_AT_ONCE = 4;

/**
 * Opens so many pull requests in a sandbox and gives their numbers. All are of one commit, so that its image is built once;
 * what is there of the sandbox's own is closed.
 */
export async function openPullRequests(
  n: number,
  line: Line,
  folder: string,
  { tell, signal }: RunOptions,
): Promise<readonly number[]> {
  tell(`${n} pull requests`);
  const { octokit, owner, repo } = github(line);
  const { data: own } = await octokit.rest.pulls.list({ owner, repo, state: "open", per_page: 100 });
  for (const { number } of own) await closePullRequest(line, number);
  const branches = Array.from({ length: n }, (_, index) => `bench-${index + 1}`);
  await imageBuilt(line, await pushBranches(branches, line, join(folder, "clone")));
  const limit = pLimit(OPENED_AT_ONCE);
  return Promise.all(
    branches.map((head) =>
      limit(async () => {
        signal.throwIfAborted();
        const { data } = await octokit.rest.pulls.create({ owner, repo, title: head, head, base: "main" });
        await octokit.rest.issues.addLabels({ owner, repo, issue_number: data.number, labels: ["preview"] });
        return data.number;
      }),
    ),
  );
}

async function pushBranches(branches: readonly string[], { env }: Line, clone: string): Promise<string> {
  const url = new URL(`/${env["GITHUB_REPOSITORY"] ?? ""}.git`, env["GITHUB_API_URL"]);
  url.username = "bench";
  url.password = env["GITHUB_TOKEN"] ?? "";
  const git = async (...args: readonly string[]) => (await execa("git", ["-C", clone, ...args])).stdout;
  await execa("git", ["clone", "--quiet", "--branch", "main", url.href, clone]);
  const who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"];
  await git(...who, "commit", "--quiet", "--allow-empty", "--message", "what all of them show");
  await git("push", "--quiet", "origin", ...branches.map((branch) => `HEAD:refs/heads/${branch}`));
  return git("rev-parse", "HEAD");
}
