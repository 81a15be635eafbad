import { join } from "node:path";
import { execa } from "execa";
import pLimit from "p-limit";
import type { PullRequest } from "../../../automation/model.ts";
import type { Bench } from "./bench-world.ts";

const AT_ONCE = 4;

/** Opens pull requests, each from a branch of its own with one commit, with the label that asks for a preview. */
export async function openPullRequests(bench: Bench, count: number): Promise<readonly PullRequest[]> {
  const { world, config, signal } = bench;
  bench.tell(`${count} pull requests`);
  const branches = Array.from({ length: count }, (_, index) => `change-${index + 1}`);
  await pushBranches(join(world.folder, "clone"), branches);
  const [owner = "", repo = ""] = config.repository.split("/");
  const limit = pLimit(AT_ONCE);
  await Promise.all(
    branches.map((branch) =>
      limit(async () => {
        signal.throwIfAborted();
        const { pulls, issues } = world.octokit.rest;
        const { data } = await pulls.create({ owner, repo, title: branch, head: branch, base: "main" });
        await issues.addLabels({ owner, repo, issue_number: data.number, labels: [config.label] });
      }),
    ),
  );
  return bench.ports.github.openPullRequests(signal);
}

/** In one push: each one of its own would take longer than all that is measured. */
async function pushBranches(clone: string, branches: readonly string[]): Promise<void> {
  const from = (await execa("git", ["-C", clone, "rev-parse", "main"])).stdout;
  const commits = branches.map((branch, index) => {
    const message = `work on ${branch}`;
    const author = `Tester <tester@example.com> ${1_700_000_000 + index} +0000`;
    return `commit refs/heads/${branch}\ncommitter ${author}\ndata ${message.length}\n${message}\nfrom ${from}\n`;
  });
  await execa("git", ["-C", clone, "fast-import", "--quiet"], { input: commits.join("\n") });
  await execa("git", ["-C", clone, "push", "--quiet", "origin", "refs/heads/change-*"]);
}
