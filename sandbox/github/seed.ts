import { Octokit } from "@octokit/rest";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { projectRoot } from "../paths.ts";
import { cloneUrl, gitClient, gitHubEnvironment, type GitCommand } from "./git-client.ts";

export interface SeedOptions {
  /** GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN are read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** "address:port" of the registry the app's image comes from; default: port 5000 of the git host. */
  readonly registry?: string;
  /** Folder below which the repository is cloned for the time of the work; default: the machine's temporary one. */
  readonly within?: string;
  readonly signal?: AbortSignal;
}

interface Change {
  readonly branch: string;
  readonly title: string;
  readonly version: string;
  readonly labels: readonly string[];
}

const release = "2.3.0";

/** The first pull requests of the repository, in the order of their numbers. */
const changes: readonly Change[] = [
  { branch: "feature/greeting", title: "Greet the visitor", version: "2.4.0", labels: ["preview"] },
  { branch: "feature/weather", title: "Tell the weather", version: "2.5.0", labels: ["preview"] },
  { branch: "docs/readme", title: "Explain the chart values", version: release, labels: [] },
];

/**
 * Fills the empty application repository as its developers would, with git and the API: a first release, then pull
 * requests. What is there already stays as it is.
 */
export async function seed({ env, registry, within = tmpdir(), signal }: SeedOptions): Promise<void> {
  const github = gitHubEnvironment(env);
  const folder = await mkdtemp(join(within, "seed-"));
  try {
    const git = gitClient(folder, github.GITHUB_TOKEN, signal);
    await git("clone", "--quiet", cloneUrl(github), ".");
    const repository = { git, folder, branches: await remoteBranches(git) };
    const image = `${registry ?? `${new URL(github.GITHUB_API_URL).hostname}:5000`}/${github.GITHUB_REPOSITORY}`;
    await pushRelease(repository, image);
    for (const change of changes) await pushChange(repository, change);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const octokit = new Octokit({
    baseUrl: github.GITHUB_API_URL,
    auth: github.GITHUB_TOKEN,
    ...(signal && { request: { signal } }),
  });
  const [owner = "", repo = ""] = github.GITHUB_REPOSITORY.split("/");
  for (const change of changes) await openPullRequest(octokit, { owner, repo }, change);
}

interface Clone {
  readonly git: GitCommand;
  readonly folder: string;
  readonly branches: ReadonlySet<string>;
}

async function remoteBranches(git: GitCommand): Promise<ReadonlySet<string>> {
  const lines = await git("ls-remote", "--heads", "--tags", "origin");
  return new Set(lines.split("\n").map((line) => line.split("\t")[1] ?? ""));
}

async function pushRelease({ git, folder, branches }: Clone, image: string): Promise<void> {
  if (!branches.has("refs/heads/main")) {
    await cp(join(projectRoot, "examples", "app"), folder, { recursive: true });
    await editYaml(join(folder, "helm", "values.yaml"), ["image", "repository"], image);
    await commitAndPush(git, "main", `Release ${release}`);
  }
  if (branches.has(`refs/tags/v${release}`)) return;
  await git("tag", "--annotate", `v${release}`, "--message", `Release ${release}`, "origin/main");
  await git("push", "--quiet", "origin", `v${release}`);
}

async function pushChange({ git, folder, branches }: Clone, { branch, title, version }: Change): Promise<void> {
  if (branches.has(`refs/heads/${branch}`)) return;
  await git("checkout", "--quiet", "-B", branch, `v${release}`);
  for (const key of ["version", "appVersion"]) await editYaml(join(folder, "helm", "Chart.yaml"), [key], version);
  const readme = join(folder, "README.md");
  await writeFile(readme, `${await readFile(readme, "utf8")}\n## ${title}\n\nIn version ${version}.\n`);
  await commitAndPush(git, branch, title);
}

async function commitAndPush(git: GitCommand, branch: string, message: string): Promise<void> {
  await git("add", "--all");
  await git("commit", "--quiet", "--message", message);
  await git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
  await git("fetch", "--quiet", "origin");
}

/** Changes one value and leaves comments and layout alone. */
async function editYaml(file: string, path: readonly string[], value: string): Promise<void> {
  const document = parseDocument(await readFile(file, "utf8"));
  document.setIn(path, value);
  await writeFile(file, document.toString());
}

interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

async function openPullRequest(
  octokit: Octokit,
  name: RepositoryName,
  { branch, title, labels }: Change,
): Promise<void> {
  const found = await octokit.rest.pulls.list({ ...name, state: "all", head: `${name.owner}:${branch}` });
  const pullRequest =
    found.data[0] ?? (await octokit.rest.pulls.create({ ...name, title, head: branch, base: "main" })).data;
  const missing = labels.filter((label) => !pullRequest.labels.some(({ name: known }) => known === label));
  // One that somebody has touched since keeps the labels it has; one that was opened just before a kill gets them now.
  const untouched = pullRequest.updated_at === pullRequest.created_at;
  if (missing.length === 0 || !untouched) return;
  await octokit.rest.issues.addLabels({ ...name, issue_number: pullRequest.number, labels: missing });
}
