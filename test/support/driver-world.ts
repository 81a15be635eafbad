import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Octokit } from "@octokit/rest";
import { execa } from "execa";
import { projectRoot } from "../../sandbox/paths.ts";
import { startHost } from "../../sandbox/github/host.ts";
import { startApiServer } from "./api-server.ts";
import { startFluxStandIn, type FluxStandIn } from "./flux-stand-in.ts";
import { Footprints, notingProgram, type Footprint } from "./footprint.ts";
import { pluginFolder } from "./plugin-folder.ts";
import { testTools, type TestTools } from "./test-tools.ts";

export const repository = "acme/app";
const [owner, repo] = ["acme", "app"];
const token = "test-token-of-the-maintainer";

/** A driver that is running: a promise of how it ends. */
export interface Driver extends PromiseLike<{
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}> {
  readonly pid?: number | undefined;
  kill(signal: NodeJS.Signals): boolean;
}

/** A real API server, a real Pulumi engine, the git host with its API, and something that plays Flux. */
export interface DriverWorld {
  /** Holds everything of this world; it goes with it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Path of a kubeconfig that is not the driver's: what is asked with it leaves no footprint. */
  readonly kubeconfig: string;
  readonly flux: FluxStandIn;
  readonly octokit: Octokit;
  /** Runs the driver as a user would. */
  previews(args: readonly string[], env?: Readonly<Record<string, string>>): Driver;
  /** Runs the Pulumi CLI against the driver's backend. */
  pulumi(args: readonly string[]): Promise<string>;
  /** A kubeconfig whose server nobody answers at. */
  unreachableCluster(): Promise<string>;
  /** Commits to a branch and gives the new head sha. */
  push(branch: string): Promise<string>;
  open(branch: string, labels?: readonly string[]): Promise<number>;
  close(number: number): Promise<void>;
  reopen(number: number): Promise<void>;
  /** What the driver, and whatever else has its environment, asked of the outside since the last look. */
  footprint(): Promise<Footprint>;
  stop(): Promise<void>;
}

export async function startDriverWorld(): Promise<DriverWorld> {
  const tools = await testTools();
  const folder = await mkdtemp(join(tmpdir(), "driver-"));
  // What was started last ends first, and the folder goes when nobody writes to it any more.
  const endings: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    return await build(tools, folder, endings, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  tools: TestTools,
  folder: string,
  endings: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<DriverWorld> {
  const inFolder = (name: string) => join(folder, name);
  const cluster = await startApiServer(tools);
  endings.push(() => cluster.stop());
  const flux = await startFluxStandIn(cluster.kubeconfig);
  endings.push(() => flux.stop());
  const footprints = new Footprints({ pulumi: inFolder("pulumi.log"), kubernetes: cluster.noted.log });
  const host = await startHost({
    host: "127.0.0.1",
    port: 0,
    dataFolder: inFolder("hub"),
    saves: false,
    credentials: [{ login: "maintainer", token, permission: "admin" }],
    repositories: [repository],
    firstNumber: 41,
    rateLimit: 1_000_000,
    log: () => undefined,
    onRequest: footprints.onRequest,
  });
  endings.push(() => host.stop());
  await Promise.all(
    ["bin", "state", "home", "work", "project", "tmp"].map((name) => mkdir(inFolder(name), { recursive: true })),
  );
  await notingProgram(inFolder("bin/pulumi"), tools.bin.pulumi, inFolder("pulumi.log"));
  await writeFile(inFolder("passphrase"), "open sesame");
  await writeFile(inFolder("project/Pulumi.yaml"), "name: previews\nruntime: nodejs\n");
  const env = {
    PATH: [
      inFolder("bin"),
      join(projectRoot, "node_modules/.bin"),
      process.env["PATH"] ?? "",
      await pluginFolder(inFolder("plugins"), tools),
    ].join(delimiter),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    HOME: inFolder("home"),
    TMPDIR: inFolder("tmp"),
    KUBECONFIG: cluster.noted.kubeconfig,
    PULUMI_BACKEND_URL: `file://${inFolder("state")}`,
    PULUMI_HOME: inFolder("home"),
    PULUMI_CONFIG_PASSPHRASE_FILE: inFolder("passphrase"),
    GITHUB_API_URL: host.apiUrl,
    GITHUB_REPOSITORY: repository,
    GITHUB_TOKEN: token,
    PREVIEW_TIMEOUT: "60s",
  };
  const octokit = new Octokit({ auth: token, baseUrl: host.apiUrl });
  const clone = inFolder("clone");
  const git = async (...args: readonly string[]) => (await execa("git", ["-C", clone, ...args])).stdout;

  await execa("git", ["init", "--quiet", "--initial-branch=main", clone]);
  await git("config", "user.name", "Tester");
  await git("config", "user.email", "tester@example.com");
  await git("commit", "--quiet", "--allow-empty", "--message", "start");
  await git("remote", "add", "origin", `${host.origin.replace("//", `//maintainer:${token}@`)}/${repository}.git`);
  await git("push", "--quiet", "origin", "main");
  await octokit.rest.issues.createLabel({ owner, repo, name: "preview", color: "ededed" });

  async function push(branch: string): Promise<string> {
    await git("checkout", "--quiet", "-B", branch);
    await git("commit", "--quiet", "--allow-empty", "--message", `work on ${branch}`);
    await git("push", "--quiet", "--force", "origin", branch);
    return git("rev-parse", "HEAD");
  }

  return {
    folder,
    env,
    kubeconfig: cluster.kubeconfig,
    flux,
    octokit,
    push,
    previews: (args, more = {}) =>
      execa(join(projectRoot, "bin/previews.js"), args, {
        reject: false,
        cwd: inFolder("work"),
        env: { ...env, ...more },
        extendEnv: false,
      }),
    pulumi: async (args) => {
      const options = { cwd: inFolder("project"), env, extendEnv: false };
      return (await execa(tools.bin.pulumi, [...args, "--non-interactive"], options)).stdout;
    },
    unreachableCluster: async () => {
      const kubeconfig = await readFile(cluster.kubeconfig, "utf8");
      await writeFile(inFolder("unreachable"), kubeconfig.replace(cluster.url, "https://127.0.0.1:9"));
      return inFolder("unreachable");
    },
    open: async (branch, labels = ["preview"]) => {
      await push(branch);
      const { data } = await octokit.rest.pulls.create({ owner, repo, title: branch, head: branch, base: "main" });
      if (labels.length > 0) {
        await octokit.rest.issues.addLabels({ owner, repo, issue_number: data.number, labels: [...labels] });
      }
      return data.number;
    },
    close: async (number) => {
      await octokit.rest.pulls.update({ owner, repo, pull_number: number, state: "closed" });
    },
    reopen: async (number) => {
      await octokit.rest.pulls.update({ owner, repo, pull_number: number, state: "open" });
    },
    footprint: () => footprints.take(),
    stop,
  };
}
