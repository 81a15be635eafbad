import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { execa } from "execa";
import { stringify } from "yaml";
import { askUntil, type Answer } from "./http.ts";
import { projectRoot } from "./paths.ts";
import { platformSettings, stackConfig } from "./platform-settings.ts";

/** A running sandbox, as its user has it: the environment that `npm run sandbox -- env` prints. */
export interface Line {
  /** Name of the instance, and of its platform stack. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes what the programs print on the way. */
  readonly output: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** `pulumi up` of the project at the root of this checkout, as a user would call it; `settings` win over the sandbox's own. */
export async function platformUp(line: Line, settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await writePlatformSettings(line, settings);
  await run(line, "pulumi", ["stack", "select", "--create", line.name]);
  await run(line, "pulumi", ["up", "--stack", line.name, "--yes", "--skip-preview", "--non-interactive"]);
}

/** The configuration of the platform's stack. */
export async function writePlatformSettings(
  line: Line,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await writeFile(join(projectRoot, `Pulumi.${line.name}.yaml`), stringify(stackSettings(line, settings)));
}

/** On a cluster of another kind there is nothing of the sandbox to be told. */
function stackSettings({ env }: Line, settings: Readonly<Record<string, unknown>>): unknown {
  return settings["cluster"] === undefined ? platformSettings(env, settings) : stackConfig(settings);
}

export interface SyncOutcome {
  readonly number: number;
  readonly action: string;
  readonly ok: boolean;
  readonly url?: string;
  readonly sha?: string;
}

export interface SyncReport {
  readonly ok: boolean;
  readonly outcomes: readonly SyncOutcome[];
}

/** `previews sync`, as CI would call it. */
export async function syncPreviews(line: Line, ...flags: readonly string[]): Promise<SyncReport> {
  return JSON.parse(await previews(line, "sync", "--json", ...flags)) as SyncReport;
}

export async function previews(line: Line, ...args: readonly string[]): Promise<string> {
  return run(line, join(projectRoot, "bin", "previews.js"), args);
}

/** Waits until the gateway gives the expected answer for a path of the app's host. */
export function answers(
  line: Line,
  path: string,
  expected: (answer: Answer) => boolean,
  what: string,
): Promise<Answer> {
  const address = line.env["GATEWAY_ADDRESS"] ?? "";
  const host = line.env["PREVIEW_HOST"] ?? "";
  return askUntil({ address, host, path }, expected, what, 120);
}

export function github(line: Line): { readonly octokit: Octokit; readonly owner: string; readonly repo: string } {
  const [owner = "", repo = ""] = (line.env["GITHUB_REPOSITORY"] ?? "").split("/");
  const octokit = new Octokit({ baseUrl: line.env["GITHUB_API_URL"] ?? "", auth: line.env["GITHUB_TOKEN"] ?? "" });
  return { octokit, owner, repo };
}

/** Waits for the image of a commit, as branch protection would: by the commit status that the app's CI sets. */
export async function imageBuilt(line: Line, sha: string, seconds = 180): Promise<void> {
  const { octokit, owner, repo } = github(line);
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const { data } = await octokit.rest.repos.getCombinedStatusForRef({ owner, repo, ref: sha });
    const image = data.statuses.find((status) => status.context === "ci/image");
    if (image?.state === "success") return;
    if (image?.state === "failure" || image?.state === "error") {
      throw new Error(
        `the app's CI could not build the image of commit "${sha}": ${image.description ?? "no reason given"}`,
      );
    }
    if (Date.now() > end)
      throw new Error(`the app's CI did not build the image of commit "${sha}" within ${seconds} s`);
    await new Promise((wake) => setTimeout(wake, 500));
  }
}

/** Head sha of a pull request as the API tells it. */
export async function headSha(line: Line, number: number): Promise<string> {
  const { octokit, owner, repo } = github(line);
  return (await octokit.rest.pulls.get({ owner, repo, pull_number: number })).data.head.sha;
}

export async function closePullRequest(line: Line, number: number): Promise<void> {
  await setState(line, number, "closed");
}

export async function reopenPullRequest(line: Line, number: number): Promise<void> {
  await setState(line, number, "open");
}

async function setState(line: Line, number: number, state: "open" | "closed"): Promise<void> {
  const { octokit, owner, repo } = github(line);
  const pullRequest = { owner, repo, pull_number: number };
  const { data } = await octokit.rest.pulls.get(pullRequest);
  if (data.state !== state) await octokit.rest.pulls.update({ ...pullRequest, state });
}

const TOLD_LINES = 40;

/** Runs a program of the line in the checkout, passes on what it tells people line by line, and gives its standard output. */
async function run(line: Line, program: string, args: readonly string[]): Promise<string> {
  const child = execa(program, args, {
    cwd: projectRoot,
    env: line.env,
    stdin: "ignore",
    all: true,
    reject: false,
    // One interrupt asks a program to end in order; Pulumi takes a second one as leave to drop its lock.
    killSignal: "SIGINT",
    forceKillAfterDelay: false,
    ...(line.signal && { cancelSignal: line.signal }),
  });
  for await (const text of child.iterable({ from: args.includes("--json") ? "stderr" : "all" })) line.output(text);
  const { failed, exitCode, signal, all, stdout } = await child;
  if (!failed) return stdout;
  const end = all.split("\n").slice(-TOLD_LINES).join("\n");
  throw new Error(`"${program} ${args.join(" ")}" ended with ${signal ?? `exit code ${String(exitCode)}`}:\n${end}`);
}
