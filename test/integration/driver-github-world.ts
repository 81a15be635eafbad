import { execa } from "execa";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onlyApp, policyOf } from "../../automation/apps.ts";
import type { CommandContext, CommandResult } from "../../automation/commands/command.ts";
import { gcCommand } from "../../automation/commands/gc.ts";
import { planCommand } from "../../automation/commands/plan.ts";
import { syncCommand, type SyncOptions } from "../../automation/commands/sync.ts";
import type { Config } from "../../automation/config.ts";
import { duration } from "../../automation/duration.ts";
import { githubClient, type GitHubAuth } from "../../automation/github/octokit-client.ts";
import { octokitFeedback } from "../../automation/github/octokit-feedback.ts";
import { octokitGitHub } from "../../automation/github/octokit-github.ts";
import { fileMemory } from "../../automation/memory/file-memory.ts";
import { noProgress } from "../../automation/progress/line-progress.ts";
import type { syncJson } from "../../automation/report/sync-report.ts";
import { plainPaint } from "../../automation/report/table.ts";
import { fileSchema } from "../../automation/settings/schema.ts";
import { UserError, exitCodes } from "../../automation/user-error.ts";
import type { Credential } from "../../sandbox/github/credentials.ts";
import type { HostOptions, RequestEntry } from "../../sandbox/github/host.ts";
import type { InterceptedRequest } from "../../sandbox/github/interception.ts";
import { Lies, type Lie } from "../support/lies.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { here, repository, startGitHub, type GitHubWorld } from "./github-world.ts";

/** Who there is, and what each may do in the repository. The contributor has a fork. */
const people = {
  maintainer: "admin",
  driver: "write",
  writer: "write",
  triager: "triage",
  contributor: "read",
  stranger: "read",
} as const;
export type Person = keyof typeof people;

export const tokenOf = (login: string) => `${login}-token`;

/** A git host, and what happens on it. */
export interface GitHubOfDriver extends GitHubWorld {
  readonly lies: Lies;
  /** Every request to the API, in order, as it came in. */
  readonly asked: readonly InterceptedRequest[];
  /** The same with their answers, once these are out. */
  readonly answered: readonly RequestEntry[];
  /** Requests that are being answered now, and the most there ever were at once; the same of those that write. */
  readonly busy: Busy;
  /** Lets time go by, for GitHub and for drivers. */
  wait(seconds: number): void;
  /** Keeps time from passing for GitHub as long as the work lasts. */
  still<T>(work: () => Promise<T>): Promise<T>;
  /** Milliseconds since 1970, by GitHub's clock. */
  readonly now: () => number;
  as(login: Person): ReturnType<GitHubWorld["client"]>;
  /** Makes a commit on top of another one, of main where none is named, and pushes it nowhere. */
  newCommit(parent?: string): Promise<string>;
  /** Opens a pull request with a commit of its own. */
  openPullRequest(options?: PullRequestOptions): Promise<number>;
  /** Opens so many pull requests at once, in order. */
  openMany(count: number): Promise<readonly number[]>;
  /** Pushes one more commit to where a pull request comes from, and gives its sha. */
  pushTo(number: number): Promise<string>;
  /** Moves the branch of a pull request to a commit, whatever it was at. */
  forcePush(number: number, sha: string): Promise<void>;
  head(number: number): Promise<string>;
  say(login: Person, number: number, body: string): Promise<number>;
  label(number: number, ...labels: readonly string[]): Promise<void>;
  unlabel(number: number, label: string): Promise<void>;
  close(number: number): Promise<void>;
  reopen(number: number): Promise<void>;
}

/** Where a pull request comes from, and what its branch is at. */
interface Origin {
  readonly branch: string;
  readonly cloneUrl: string;
  sha: string;
}

interface Busy {
  now: number;
  most: number;
  writing: number;
  mostWriting: number;
}

export interface PullRequestOptions {
  readonly branch?: string;
  readonly title?: string;
  readonly author?: Person;
  readonly labels?: readonly string[];
  readonly draft?: boolean;
  readonly base?: string;
  /** From the fork of the contributor. */
  readonly fork?: boolean;
}

export async function startGitHubOfDriver(
  options: Partial<HostOptions> & { readonly more?: readonly Credential[] } = {},
): Promise<GitHubOfDriver> {
  const { more = [], ...hostOptions } = options;
  const lies = new Lies();
  const asked: InterceptedRequest[] = [];
  const answered: RequestEntry[] = [];
  const busy: Busy = { now: 0, most: 0, writing: 0, mostWriting: 0 };
  let shift = 0;
  let stopped: number | undefined;
  const now = () => stopped ?? Date.now() + shift;
  const own = Object.entries(people).map(([login, permission]) => ({ login, token: tokenOf(login), permission }));
  const github = await startGitHub({
    credentials: [...own, ...more],
    rateLimit: 100_000,
    now: () => new Date(now()),
    onRequest: (entry) => {
      answered.push(entry);
      // Git's own requests are not asked of the API.
      if (entry.operationId === undefined) return;
      busy.now--;
      if (entry.method !== "GET") busy.writing--;
    },
    intercept: (request) => {
      asked.push(request);
      busy.most = Math.max(busy.most, ++busy.now);
      if (request.method !== "GET") busy.mostWriting = Math.max(busy.mostWriting, ++busy.writing);
      return lies.intercept(request);
    },
    ...hostOptions,
  });
  const as = (login: Person) => github.client(tokenOf(login));
  const { maintainer } = github;
  await maintainer.rest.issues.createLabel({ ...here, name: "preview" });
  await as("contributor").rest.repos.createFork(here);
  let branches = 0;
  let commits = 0;
  const origin = new Map<number, Origin>();
  const forkUrl = github.cloneUrl("contributor/app", tokenOf("contributor"));
  const change = (number: number, state: "open" | "closed") =>
    maintainer.rest.pulls.update({ ...here, pull_number: number, state });
  const trees = new Map<string, Promise<string>>();
  /** The files of main and one more, made once: a commit then costs one process. */
  const treeOn = (main: string) => {
    const tree = trees.get(main) ?? withOneMoreFile(join(github.folder, "clone"), main);
    trees.set(main, tree);
    return tree;
  };
  const newCommit = async (parent = "main") => {
    const tree = parent === "main" ? await treeOn(await github.git("rev-parse", "main")) : `${parent}^{tree}`;
    return github.git("commit-tree", tree, "-p", parent, "-m", `commit ${++commits}`);
  };
  const originOf = (number: number) => {
    const known = origin.get(number);
    if (!known) throw new Error(`pull request ${number} was not opened here`);
    return known;
  };

  return Object.assign(Object.create(github) as GitHubWorld, {
    lies,
    asked,
    answered,
    busy,
    now,
    as,
    wait: (seconds: number) => {
      shift += seconds * 1000;
    },
    newCommit,
    still: async <T>(work: () => Promise<T>) => {
      stopped = now();
      return work().finally(() => {
        stopped = undefined;
      });
    },
    openPullRequest: async (wanted: PullRequestOptions = {}) => {
      const { branch = `branch-${++branches}`, title = `Change ${branch}`, fork = false, draft = false } = wanted;
      const { author = fork ? "contributor" : "maintainer", base = "main", labels = ["preview"] } = wanted;
      const cloneUrl = fork ? forkUrl : github.cloneUrl();
      const sha = await newCommit();
      await github.git("push", "--quiet", cloneUrl, `${sha}:refs/heads/${branch}`);
      const head = fork ? `contributor:${branch}` : branch;
      const { data } = await as(author).rest.pulls.create({ ...here, title, head, base, draft });
      const { number } = data;
      origin.set(number, { branch, cloneUrl, sha });
      if (labels.length > 0)
        await maintainer.rest.issues.addLabels({ ...here, issue_number: number, labels: [...labels] });
      return number;
    },
    openMany: async (count: number) => {
      const names = Array.from({ length: count }, () => `branch-${++branches}`);
      const shas: string[] = [];
      for (let index = 0; index < count; index++) shas.push(await newCommit());
      const refs = names.map((name, index) => `${String(shas[index])}:refs/heads/${name}`);
      await github.git("push", "--quiet", github.cloneUrl(), ...refs);
      const numbers: number[] = [];
      for (const name of names) {
        const { data } = await maintainer.rest.pulls.create({ ...here, title: name, head: name, base: "main" });
        await maintainer.rest.issues.addLabels({ ...here, issue_number: data.number, labels: ["preview"] });
        numbers.push(data.number);
      }
      return numbers;
    },
    pushTo: async (number: number) => {
      const one = originOf(number);
      one.sha = await newCommit(one.sha);
      await github.git("push", "--quiet", one.cloneUrl, `${one.sha}:refs/heads/${one.branch}`);
      return one.sha;
    },
    forcePush: async (number: number, sha: string) => {
      const one = originOf(number);
      one.sha = sha;
      await github.git("push", "--quiet", "--force", one.cloneUrl, `${sha}:refs/heads/${one.branch}`);
    },
    head: async (number: number) => (await maintainer.rest.pulls.get({ ...here, pull_number: number })).data.head.sha,
    say: async (login: Person, number: number, body: string) =>
      (await as(login).rest.issues.createComment({ ...here, issue_number: number, body })).data.id,
    label: async (number: number, ...labels: readonly string[]) => {
      await maintainer.rest.issues.addLabels({ ...here, issue_number: number, labels: [...labels] });
    },
    unlabel: async (number: number, label: string) => {
      await maintainer.rest.issues.removeLabel({ ...here, issue_number: number, name: label });
    },
    close: async (number: number) => {
      await change(number, "closed");
    },
    reopen: async (number: number) => {
      await change(number, "open");
    },
  });
}

type SyncJson = ReturnType<typeof syncJson>;

export interface RunResult {
  readonly exitCode: number;
  /** What is printed. */
  readonly text: string;
  /** Present unless the run ended before it decided anything. */
  readonly json?: SyncJson;
  /** What was done to previews, in order. */
  readonly done: readonly string[];
  /** Operations that were asked of GitHub, in order, by GitHub's names. */
  readonly asked: readonly string[];
}

export interface DriverOptions {
  /** What previews.yaml says. */
  readonly settings?: object;
  readonly login?: string;
  readonly auth?: GitHubAuth;
  /** Kinds of feedback that are on. Default: none, for tests that are not about it. */
  readonly feedback?: "all" | "comment";
}

/** One team's driver with its cluster: each run is a process of its own that shares only the memory file and the cluster. */
export class Driver {
  readonly world = new MemoryWorld();
  settings: object;
  /** Path of the memory file; another one is an empty memory. */
  memoryFile: string;
  readonly #github: GitHubOfDriver;
  readonly #options: DriverOptions;

  constructor(github: GitHubOfDriver, memoryFile: string, options: DriverOptions = {}) {
    this.#github = github;
    this.memoryFile = memoryFile;
    this.#options = options;
    this.settings = options.settings ?? {};
    this.world.workMs = 0;
  }

  sync(options: Partial<SyncOptions> = {}, signal?: AbortSignal): Promise<RunResult> {
    return this.run((context) => syncCommand(context, { dryRun: false, ...options }), signal);
  }

  plan(): Promise<RunResult> {
    return this.run(planCommand);
  }

  gc(): Promise<RunResult> {
    return this.run((context) => gcCommand(context, { dryRun: false }));
  }

  get #config(): Config {
    const { feedback: kinds } = this.#options;
    const feedback = { comment: kinds !== undefined, deployment: kinds === "all", status: kinds === "all" };
    const parsed = fileSchema.parse({
      repository,
      feedback,
      github: { apiUrl: this.#github.host.apiUrl },
      ...this.settings,
    });
    const { login = "driver", auth = { kind: "token", token: tokenOf(login) } } = this.#options;
    return {
      ...parsed,
      repository: parsed.repository ?? repository,
      concurrency: parsed.concurrency ?? 2,
      timeoutSeconds: duration(parsed.timeout),
      auth,
      cacheFolder: "/nowhere",
      kubeconfig: { contents: "{}", context: "one", server: "https://cluster.example.com" },
    };
  }

  /** As the command line does it: what is wrong is told in words, and the memory is written whatever comes. */
  async run(
    command: (context: CommandContext) => Promise<CommandResult>,
    signal = new AbortController().signal,
  ): Promise<RunResult> {
    const config = this.#config;
    const { asked } = this.#github;
    const memory = await fileMemory(this.memoryFile, () => Date.now());
    const from = { asked: asked.length, done: this.world.done.length };
    const result = await this.#perform(command, config, memory, signal).catch((error: unknown) => {
      if (signal.aborted) return { exitCode: exitCodes.interrupted, text: "interrupted" };
      if (error instanceof UserError) return { exitCode: error.exitCode, text: error.message };
      throw error;
    });
    await memory.save();
    const mine = asked.slice(from.asked).filter(({ login }) => login === this.#login);
    return {
      exitCode: result.exitCode,
      text: typeof result.text === "string" ? result.text : result.text(),
      ...("json" in result ? { json: result.json as SyncJson } : {}),
      done: this.world.done.slice(from.done),
      asked: mine.map(({ operationId }) => operationId),
    };
  }

  get #login(): string {
    return this.#options.login ?? "driver";
  }

  async #perform(
    command: (context: CommandContext) => Promise<CommandResult>,
    config: Config,
    memory: Awaited<ReturnType<typeof fileMemory>>,
    signal: AbortSignal,
  ): Promise<CommandResult> {
    const { auth, feedback } = config;
    const { apiUrl } = config.github;
    const client = await githubClient({ apiUrl, auth, repository: config.repository, memory, writeInterval: 0 });
    const ports = {
      ...this.world.ports,
      github: octokitGitHub(client),
      feedback: octokitFeedback({
        client,
        project: config.pulumi.project,
        policy: policyOf(config, onlyApp),
        enabled: feedback,
      }),
      memory,
    };
    const { now } = this.#github;
    return command({
      config,
      ports,
      progress: noProgress,
      signal,
      paint: plainPaint,
      now: () => performance.now(),
      today: now,
    });
  }
}

/** Makes drivers, each with a memory of its own, and takes their files away. */
export interface Drivers {
  driver(options?: DriverOptions): Driver;
  /** A path that no memory is at yet. */
  freshMemory(): string;
  stop(): Promise<void>;
}

export async function startDrivers(github: GitHubOfDriver): Promise<Drivers> {
  const folder = await mkdtemp(join(tmpdir(), "driver-memory-"));
  let count = 0;
  const freshMemory = () => join(folder, `${++count}.json`);
  return {
    driver: (options) => new Driver(github, freshMemory(), options),
    freshMemory,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A lie that only one caller hears. */
export function toldTo(login: string, lie: Lie): Lie {
  return { ...lie, about: (request) => request.login === login && lie.about(request) };
}

/** A tree with the files of a commit and one that no other has. */
async function withOneMoreFile(cwd: string, commit: string): Promise<string> {
  const git = async (input: string, ...args: readonly string[]) => (await execa("git", args, { cwd, input })).stdout;
  const blob = await git("a change\n", "hash-object", "-w", "--stdin");
  const files = await git("", "ls-tree", commit);
  return git(`${files === "" ? "" : `${files}\n`}100644 blob ${blob}\tone-more-file\n`, "mktree");
}
