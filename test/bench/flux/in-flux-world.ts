import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import pLimit from "p-limit";
import { down, environment, up } from "../../../sandbox/instance.ts";
import { github, imageBuilt, platformUp, type Line } from "../../../sandbox/line.ts";
import { projectRoot } from "../../../sandbox/paths.ts";
import { lines } from "../../../sandbox/progress.ts";
import { startFakeNodes } from "./fake-nodes.ts";
import type { FluxBenchOptions, FluxWorld } from "./flux-world.ts";

const instance = "sandbox-bench";

/** Pods that a kubelet takes at most, less the platform's own. */
const PODS_THAT_FIT = 80;
const OPENED_AT_ONCE = 4;

export async function inFluxWorld<T>(
  n: number,
  options: FluxBenchOptions,
  measure: (world: FluxWorld) => Promise<T>,
): Promise<T> {
  const { signal, tell, fakeNodes = n > PODS_THAT_FIT } = options;
  const folder = await mkdtemp(join(tmpdir(), "bench-flux-"));
  const endings: (() => Promise<unknown>)[] = [];
  // An end that fails must not hide why the end came.
  const end = async () => {
    for (const one of endings.toReversed()) {
      await one().catch((error: unknown) => {
        tell(error instanceof Error ? error.message : String(error));
      });
    }
  };
  try {
    endings.push(() => down({ name: instance }));
    await up({ name: instance, progress: lines(tell), signal });
    const line: Line = { name: instance, env: await environment(instance), output: () => undefined, signal };
    endings.push(() => rm(join(projectRoot, `Pulumi.${instance}.yaml`), { force: true }));
    await platformUp(line);
    const kubectl = async (args: readonly string[], input = ""): Promise<string> =>
      (await execa("kubectl", args, { env: line.env, input, cancelSignal: signal })).stdout;
    if (fakeNodes) endings.push(await startFakeNodes({ kubectl, line, folder, pods: n, ...options }));
    await openPullRequests(n, line, folder, options);
    return await measure({ line, folder, kubectl });
  } finally {
    await end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** All of one commit, so that its image is built once; what is there of the sandbox's own is closed. */
async function openPullRequests(n: number, line: Line, folder: string, { tell, signal }: FluxBenchOptions) {
  tell(`${n} pull requests`);
  const { octokit, owner, repo } = github(line);
  const { data: own } = await octokit.rest.pulls.list({ owner, repo, state: "open", per_page: 100 });
  for (const { number } of own) await octokit.rest.pulls.update({ owner, repo, pull_number: number, state: "closed" });
  const branches = Array.from({ length: n }, (_, index) => `bench-${index + 1}`);
  await imageBuilt(line, await pushBranches(branches, line, join(folder, "clone")));
  const limit = pLimit(OPENED_AT_ONCE);
  await Promise.all(
    branches.map((head) =>
      limit(async () => {
        signal.throwIfAborted();
        const { data } = await octokit.rest.pulls.create({ owner, repo, title: head, head, base: "main" });
        await octokit.rest.issues.addLabels({ owner, repo, issue_number: data.number, labels: ["preview"] });
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
