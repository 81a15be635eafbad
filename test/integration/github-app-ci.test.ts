import { Octokit } from "@octokit/rest";
import { execa } from "execa";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hasManifest } from "../../sandbox/app-ci/registry.ts";
import { gitClient } from "../../sandbox/github/git-client.ts";
import { startHost, type RunningHost } from "../../sandbox/github/host.ts";
import { pushCommit } from "../../sandbox/github/push-commit.ts";
import { seed } from "../../sandbox/github/seed.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { ensureTools, type Tools } from "../../sandbox/tools/ensure-tools.ts";
import { sandboxObstacle } from "../support/machine.ts";

const owner = "den-vasyliev";
const repo = "kbot";
const here = { owner, repo };
const token = "the-token";
type Started = ReturnType<typeof spawn> & { readonly stderr: Readable };
const obstacle = sandboxObstacle();

describe.skipIf(obstacle !== undefined)(`the app's CI${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  let folder: string;
  let tools: Tools;
  let host: RunningHost;
  let registry: string;
  let env: Record<string, string>;
  let octokit: Octokit;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "app-ci-test-"));
    tools = await ensureTools({ progress: { start: () => undefined, done: () => undefined }, skip: ["plugins"] });
    host = await startHost({
      host: "127.0.0.1",
      port: 0,
      dataFolder: join(folder, "github"),
      credentials: [{ login: "maintainer", token, permission: "admin" }],
      repositories: [`${owner}/${repo}`],
      firstNumber: 41,
      rateLimit: 5000,
      log: () => undefined,
    });
    registry = await startRegistry();
    await writeFile(join(folder, "token"), `${token}\n`);
    env = { GITHUB_API_URL: host.apiUrl, GITHUB_REPOSITORY: `${owner}/${repo}`, GITHUB_TOKEN: token };
    octokit = new Octokit({ baseUrl: host.apiUrl, auth: token });
  });

  afterAll(async () => {
    for (const child of running) await end(child, "SIGTERM");
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** On a free port; should somebody else have been quicker to take it, on another one. */
  async function startRegistry(): Promise<string> {
    const storage = { filesystem: { rootdirectory: join(folder, "registry") } };
    const file = join(folder, "registry.json");
    for (let attempt = 1; ; attempt++) {
      const address = `127.0.0.1:${await freePort()}`;
      await writeFile(
        file,
        JSON.stringify({ version: "0.1", log: { level: "error" }, storage, http: { addr: address } }),
      );
      const child = start(tools.bin.registry, ["serve", file]);
      const ready = vi.waitFor(() => fetch(`http://${address}/v2/`), { timeout: 30_000 });
      await Promise.race([once(child, "exit"), ready]);
      if (child.exitCode === null) return address;
      if (attempt === 5) throw new Error(`the registry ended with exit code ${child.exitCode}`);
    }
  }

  function start(program: string, args: readonly string[], added: Readonly<Record<string, string>> = {}): Started {
    const path = [dirname(tools.bin.crane), dirname(tools.bin.helm), process.env["PATH"] ?? ""].join(delimiter);
    const child = spawn(program, args, {
      env: { ...process.env, PATH: path, OTEL_TRACES_EXPORTER: "none", ...added },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.resume();
    running.add(child);
    return child;
  }

  function startRunner(): Started {
    const options = {
      api: host.apiUrl,
      repository: `${owner}/${repo}`,
      "token-file": join(folder, "token"),
      registry,
      data: join(folder, "app-ci"),
      interval: "0.2",
    };
    const script = join(projectRoot, "sandbox", "app-ci", "runner.ts");
    const flags = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
    return start(process.execPath, ["--import", "tsx", script, ...flags]);
  }

  /** Ends a program and answers its exit code. */
  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    running.delete(child);
    if (child.exitCode !== null) return child.exitCode;
    child.kill(signal);
    await once(child, "exit");
    return child.exitCode;
  }

  async function status(ref: string, context = "ci/image"): Promise<string | undefined> {
    const { data } = await octokit.rest.repos.getCombinedStatusForRef({ ...here, ref });
    return data.statuses.find((one) => one.context === context)?.state;
  }

  /** What the image of a commit answers when it runs. */
  async function answerOf(sha: string): Promise<string> {
    const root = join(folder, `root-${sha}`);
    await mkdir(root);
    const layers = await execa(tools.bin.crane, ["export", "--insecure", `${registry}/${owner}/${repo}:${sha}`, "-"], {
      encoding: "buffer",
    });
    await execa("tar", ["--extract", `--directory=${root}`], { input: layers.stdout });
    const app = start(join(root, repo), [], { KBOT_ADDRESS: "127.0.0.1:0" });
    const [line] = (await once(app.stderr, "data")) as [Buffer];
    const address = /address=(\S+)/.exec(line.toString())?.[1] ?? "";
    const answer = await fetch(`http://${address}/`);
    const text = await answer.text();
    expect(await end(app, "SIGTERM")).toBe(0);
    return text;
  }

  test("a seeded repository has a release and pull requests 41 to 43; seeding again changes nothing", async () => {
    const pulls = async () =>
      (await octokit.rest.pulls.list({ ...here, direction: "asc" })).data.map(
        ({ number, labels, head, updated_at }) => ({
          number,
          labels: labels.map(({ name }) => name),
          sha: head.sha,
          updated_at,
        }),
      );
    await seed({ env, registry });
    const seeded = await pulls();
    expect(seeded.map(({ number, labels }) => ({ number, labels }))).toEqual([
      { number: 41, labels: ["preview"] },
      { number: 42, labels: ["preview"] },
      { number: 43, labels: [] },
    ]);
    await seed({ env, registry });
    expect(await pulls()).toEqual(seeded);
  });

  test("every commit gets its image, the release its chart", async () => {
    const runner = startRunner();
    await expect.poll(() => status("v2.3.0", "ci/release/v2.3.0"), { timeout: 170_000 }).toBe("success");
    for (const branch of ["feature/greeting", "feature/weather", "docs/readme"]) {
      await expect.poll(() => status(branch), { timeout: 60_000 }).toBe("success");
    }
    const { data } = await octokit.rest.pulls.get({ ...here, pull_number: 41 });
    expect(await answerOf(data.head.sha)).toBe(`2.4.0-${data.head.sha.slice(0, 7)}\n`);
    const chart = await execa(
      tools.bin.helm,
      ["template", "production", "--plain-http", `oci://${registry}/${owner}/charts/${repo}`, "--version=>2.2.0"],
      { env: { HELM_CACHE_HOME: join(folder, "helm"), HELM_CONFIG_HOME: join(folder, "helm") } },
    );
    expect(chart.stdout).toContain(`image: "${registry}/${owner}/${repo}:v2.3.0"`);
    expect(chart.stdout).toContain("kind: HTTPRoute");
    expect(await end(runner, "SIGTERM")).toBe(0);
  });

  test("what was pushed while it was down is built after a start; a commit that does not compile stops nobody", async () => {
    await pushBroken();
    const sha = await pushCommit({ env, number: 41, message: "Say it again" });
    expect((await octokit.rest.pulls.get({ ...here, pull_number: 41 })).data.head.sha).toBe(sha);
    const runner = startRunner();
    await expect.poll(() => status(sha), { timeout: 60_000 }).toBe("success");
    await expect.poll(() => status("broken"), { timeout: 60_000 }).toBe("failure");
    const { data } = await octokit.rest.repos.getCombinedStatusForRef({ ...here, ref: "broken" });
    expect(data.statuses[0]?.description).toContain("syntax error");
    expect(await hasManifest(registry, `${owner}/${repo}`, sha, AbortSignal.timeout(5000))).toBe(true);
    await end(runner, "SIGKILL");
  });

  async function pushBroken(): Promise<void> {
    const work = join(folder, "broken");
    await mkdir(work);
    const git = gitClient(work, token);
    await git("clone", "--quiet", `${host.origin}/${owner}/${repo}.git`, ".");
    await git("checkout", "--quiet", "-b", "broken");
    await appendFile(join(work, "main.go"), "func {\n");
    await git("commit", "--quiet", "--all", "--message", "Break it");
    await git("push", "--quiet", "origin", "broken");
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
