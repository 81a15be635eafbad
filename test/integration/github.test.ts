import { Octokit } from "@octokit/rest";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ok, type Operations } from "../../sandbox/github/call.ts";
import { git, gitEnvironment } from "../../sandbox/github/git-command.ts";
import { startHost, type RunningHost } from "../../sandbox/github/host.ts";
import { operations } from "../../sandbox/github/operations/index.ts";

const owner = "den-vasyliev";
const repo = "kbot";
const here = { owner, repo };
const tokens = { maintainer: "maintainer-token", contributor: "contributor-token" };
const credentials = [
  { login: "maintainer", token: tokens.maintainer, permission: "admin" },
  { login: "contributor", token: tokens.contributor, permission: "read" },
] as const;

let folder: string;
let host: RunningHost;
let maintainer: Octokit;
let contributor: Octokit;
const log: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "github-test-"));
  host = await start();
  maintainer = client(tokens.maintainer);
  contributor = client(tokens.contributor);
  await checkout("maintainer", clone("maintainer"));
  await commit("maintainer", "main", { "README.md": "# kbot\n" });
});

afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(overrides: Partial<Parameters<typeof startHost>[0]> = {}): Promise<RunningHost> {
  return startHost({
    host: "127.0.0.1",
    port: 0,
    dataFolder: join(folder, "data"),
    credentials,
    repositories: [`${owner}/${repo}`],
    firstNumber: 41,
    rateLimit: 5000,
    log: (line) => log.push(line),
    ...overrides,
  });
}

function client(auth?: string): Octokit {
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return new Octokit({ baseUrl: host.apiUrl, log: silent, ...(auth !== undefined && { auth }) });
}

function clone(user: keyof typeof tokens, name = `${owner}/${repo}`, password: string = tokens[user]): string {
  return host.origin.replace("://", `://whoever:${password}@`) + `/${name}.git`;
}

const identity = { "user.name": "A Stranger", "user.email": "stranger@example.com" };

function inFolder(name: string, ...args: string[]): Promise<string> {
  return git(join(folder, name), args, { env: gitEnvironment(identity) });
}

async function checkout(name: string, url: string): Promise<void> {
  await mkdir(join(folder, name));
  await inFolder(name, "clone", "--quiet", url, ".");
}

/** Commits files on a branch, made from main where it is new, and pushes it. */
async function commit(name: string, branch: string, files: Record<string, string>, ...push: string[]): Promise<string> {
  const known = (await inFolder(name, "branch", "--list", branch)) !== "";
  const empty = (await inFolder(name, "rev-list", "--all", "--max-count=1")) === "";
  if (!empty) await inFolder(name, "checkout", "--quiet", ...(known ? [branch] : ["-b", branch, "main"]));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, file)), { recursive: true });
    await writeFile(join(folder, name, file), text);
  }
  await inFolder(name, "add", "--all");
  await inFolder(name, "commit", "--quiet", "--message", `change ${branch}`);
  await inFolder(name, "push", "--quiet", ...push, "origin", `HEAD:refs/heads/${branch}`);
  return (await inFolder(name, "rev-parse", "HEAD")).trim();
}

async function openPull(branch: string, files: Record<string, string> = { [`${branch}.txt`]: branch }) {
  const sha = await commit("maintainer", branch, files);
  const { data } = await maintainer.rest.pulls.create({
    ...here,
    title: `Change ${branch}`,
    head: branch,
    base: "main",
  });
  return { sha, number: data.number, data };
}

async function pull(number: number) {
  return (await maintainer.rest.pulls.get({ ...here, pull_number: number })).data;
}

async function remoteRefs(): Promise<Record<string, string>> {
  const lines = (await inFolder("maintainer", "ls-remote", "origin")).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split("\t").reverse() as [string, string]));
}

/** Status and body of a request that must fail. */
async function refusal(request: Promise<unknown>): Promise<{ status: number; body: Record<string, unknown> }> {
  try {
    await request;
  } catch (error) {
    const { status, response } = error as { status: number; response: { data: Record<string, unknown> } };
    return { status, body: response.data };
  }
  throw new Error("the request was answered, but should have been refused");
}

describe("a pull request's life", () => {
  test("open, push, close, reopen", async () => {
    const { number, sha, data } = await openPull("feature/one");
    expect(number).toBe(41);
    expect(data).toMatchObject({
      state: "open",
      merged: false,
      mergeable: true,
      draft: false,
      author_association: "COLLABORATOR",
      user: { login: "maintainer" },
      commits: 1,
      changed_files: 1,
      additions: 1,
      html_url: `${host.origin}/${owner}/${repo}/pull/41`,
      head: {
        ref: "feature/one",
        sha,
        label: `${owner}:feature/one`,
        repo: { clone_url: `${host.origin}/${owner}/${repo}.git` },
      },
      base: { ref: "main", repo: { full_name: `${owner}/${repo}` } },
    });
    expect((await remoteRefs())["refs/pull/41/head"]).toBe(sha);

    const pushed = await commit("maintainer", "feature/one", { "two.txt": "two" });
    expect((await pull(number)).head.sha).toBe(pushed);
    expect((await remoteRefs())["refs/pull/41/head"]).toBe(pushed);

    await maintainer.rest.pulls.update({ ...here, pull_number: number, state: "closed" });
    const closed = await pull(number);
    expect(closed).toMatchObject({ state: "closed", merged: false, head: { sha: pushed } });
    expect(closed.closed_at).not.toBeNull();
    const later = await commit("maintainer", "feature/one", { "three.txt": "three" });
    expect((await pull(number)).head.sha).toBe(pushed);

    await maintainer.rest.issues.update({ ...here, issue_number: number, state: "open" });
    expect(await pull(number)).toMatchObject({ state: "open", closed_at: null, head: { sha: later } });
  });

  test("a deleted head branch closes it for good", async () => {
    const { number } = await openPull("short-lived");
    await inFolder("maintainer", "push", "--quiet", "origin", ":refs/heads/short-lived");
    expect((await pull(number)).state).toBe("closed");
    const reopen = maintainer.rest.pulls.update({ ...here, pull_number: number, state: "open" });
    const { status, body } = await refusal(reopen);
    expect(status).toBe(422);
    expect(body["errors"]).toMatchObject([
      { field: "state", message: expect.stringContaining("has been deleted") as string },
    ]);
  });

  test("a force-push moves the head, and bars reopening when it happens while closed", async () => {
    const { number } = await openPull("rewritten");
    await inFolder("maintainer", "reset", "--quiet", "--hard", "main");
    const rewritten = await commit("maintainer", "rewritten", { "other.txt": "other" }, "--force");
    expect((await pull(number)).head.sha).toBe(rewritten);
    await maintainer.rest.pulls.update({ ...here, pull_number: number, state: "closed" });
    await inFolder("maintainer", "reset", "--quiet", "--hard", "main");
    await commit("maintainer", "rewritten", { "third.txt": "third" }, "--force");
    const reopen = maintainer.rest.pulls.update({ ...here, pull_number: number, state: "open" });
    expect((await refusal(reopen)).body["errors"]).toMatchObject([
      { message: expect.stringContaining("force-pushed or recreated") as string },
    ]);
  });

  test("merging makes a merge commit on the base branch", async () => {
    const { number, sha } = await openPull("mergeable");
    const refused = maintainer.rest.pulls.merge({ ...here, pull_number: number, sha: "0".repeat(40) });
    expect((await refusal(refused)).status).toBe(409);
    const { data } = await maintainer.rest.pulls.merge({ ...here, pull_number: number });
    const merged = await pull(number);
    expect(merged).toMatchObject({
      state: "closed",
      merged: true,
      merge_commit_sha: data.sha,
      merged_by: { login: "maintainer" },
    });
    const { data: main } = await maintainer.rest.repos.getCommit({ ...here, ref: "main" });
    expect(main.sha).toBe(data.sha);
    expect(main.parents.map((parent) => parent.sha)).toContain(sha);
    await maintainer.rest.pulls.checkIfMerged({ ...here, pull_number: number });
    await inFolder("maintainer", "fetch", "--quiet", "origin", "main:main");
  });

  test("pushing its commits to the base branch merges it, too", async () => {
    const { number } = await openPull("pushed-to-main");
    await inFolder("maintainer", "push", "--quiet", "origin", "HEAD:refs/heads/main");
    expect(await pull(number)).toMatchObject({ state: "closed", merged: true });
    await inFolder("maintainer", "fetch", "--quiet", "origin", "main:main");
  });

  test("a conflict shows as not mergeable", async () => {
    await commit("maintainer", "conflict", { "same.txt": "mine\n" });
    await commit("maintainer", "main", { "same.txt": "theirs\n" });
    const { data } = await maintainer.rest.pulls.create({ ...here, title: "x", head: "conflict", base: "main" });
    expect(data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    expect((await refusal(maintainer.rest.pulls.merge({ ...here, pull_number: data.number }))).status).toBe(405);
    await maintainer.rest.pulls.update({ ...here, pull_number: data.number, state: "closed" });
  });

  test("commits and files, renames and unicode names included", async () => {
    await commit("maintainer", "main", { "old name.txt": "one\ntwo\nthree\nfour\n" });
    await inFolder("maintainer", "checkout", "--quiet", "-b", "files/ünïcode-😀", "main");
    await inFolder("maintainer", "mv", "old name.txt", "new ünïcode.txt");
    const { number } = await openPull("files/ünïcode-😀", { "docs/a.md": "a\n", "README.md": "# kbot\nmore\n" });
    const { data: files } = await maintainer.rest.pulls.listFiles({ ...here, pull_number: number });
    expect(
      files.map(({ filename, status, previous_filename, additions }) => ({
        filename,
        status,
        previous_filename,
        additions,
      })),
    ).toEqual([
      { filename: "README.md", status: "modified", previous_filename: undefined, additions: 1 },
      { filename: "docs/a.md", status: "added", previous_filename: undefined, additions: 1 },
      { filename: "new ünïcode.txt", status: "renamed", previous_filename: "old name.txt", additions: 0 },
    ]);
    const { data: commits } = await maintainer.rest.pulls.listCommits({ ...here, pull_number: number });
    expect(commits.map((one) => one.commit.message)).toEqual(["change files/ünïcode-😀"]);
    expect(commits[0]?.commit.author).toMatchObject({ name: "A Stranger", email: "stranger@example.com" });
    const { data: found } = await maintainer.rest.pulls.list({ ...here, head: `${owner}:files/ünïcode-😀` });
    expect(found.map((one) => one.number)).toEqual([number]);
    const { data: tip } = await maintainer.rest.repos.getCommit({ ...here, ref: "files/ünïcode-😀" });
    expect(tip.sha).toBe(found[0]?.head.sha);
  });
});

describe("a stranger's fork", () => {
  test("opens a pull request whose commits the base repository has", async () => {
    const { data: fork } = await contributor.rest.repos.createFork(here);
    expect(fork).toMatchObject({
      full_name: "contributor/kbot",
      fork: true,
      parent: { full_name: `${owner}/${repo}` },
    });
    await checkout("stranger", clone("contributor", "contributor/kbot"));
    const sha = await commit("stranger", "from/outside", { "outside.txt": "hello" });
    const { data } = await contributor.rest.pulls.create({
      ...here,
      title: "Hi",
      head: "contributor:from/outside",
      base: "main",
    });
    expect(data).toMatchObject({
      author_association: "NONE",
      head: {
        sha,
        label: "contributor:from/outside",
        repo: { fork: true, clone_url: `${host.origin}/contributor/kbot.git` },
      },
    });
    expect((await remoteRefs())[`refs/pull/${data.number}/head`]).toBe(sha);
    const pushed = await commit("stranger", "from/outside", { "outside.txt": "hello again" });
    expect((await pull(data.number)).head.sha).toBe(pushed);
    await inFolder("maintainer", "fetch", "--quiet", "origin", pushed);

    const label = contributor.rest.issues.addLabels({ ...here, issue_number: data.number, labels: ["preview"] });
    expect((await refusal(label)).status).toBe(403);
    await contributor.rest.pulls.update({ ...here, pull_number: data.number, state: "closed" });
    expect((await pull(data.number)).state).toBe("closed");
  });
});

describe("git over HTTP", () => {
  test("anyone clones, and fetches any commit by its sha", async () => {
    const sha = await commit("maintainer", "gone-soon", { "gone.txt": "gone" });
    await inFolder("maintainer", "push", "--quiet", "origin", ":refs/heads/gone-soon");
    await checkout("reader", `${host.origin}/${owner}/${repo}.git`);
    await inFolder("reader", "fetch", "--quiet", "--depth=1", "origin", sha);
    expect((await inFolder("reader", "rev-parse", "FETCH_HEAD")).trim()).toBe(sha);
  });

  test("a push needs a token that may write, and refs/pull is the host's own", async () => {
    const push = (url: string, ref = "refs/heads/nope") => inFolder("maintainer", "push", url, `HEAD:${ref}`);
    await expect(push(`${host.origin}/${owner}/${repo}.git`)).rejects.toThrow(/could not read Username/);
    await expect(push(clone("maintainer", `${owner}/${repo}`, "wrong"))).rejects.toThrow(/Authentication failed/);
    await expect(push(clone("contributor"))).rejects.toThrow(/403/);
    await expect(push(clone("maintainer", `${owner}/none`))).rejects.toThrow(/not found/);
    await expect(push(clone("maintainer"), "refs/pull/41/head")).rejects.toThrow(/hidden ref/);
    expect(Object.keys(await remoteRefs())).not.toContain("refs/heads/nope");
  });
});

describe("labels, comments, statuses, deployments", () => {
  test("labels", async () => {
    const { number } = await openPull("labelled");
    const issue = { ...here, issue_number: number };
    await maintainer.rest.issues.addLabels({ ...issue, labels: ["preview", "area/web"] });
    await maintainer.rest.issues.addLabels({ ...issue, labels: ["preview"] });
    expect((await pull(number)).labels.map(({ name }) => name)).toEqual(["preview", "area/web"]);
    await maintainer.rest.issues.removeLabel({ ...issue, name: "area/web" });
    expect((await refusal(maintainer.rest.issues.removeLabel({ ...issue, name: "none" }))).status).toBe(404);
    await maintainer.rest.issues.setLabels({ ...issue, labels: ["only"] });
    const { data: repositoryLabels } = await maintainer.rest.issues.listLabelsForRepo(here);
    expect(repositoryLabels.map(({ name }) => name)).toEqual(["preview", "area/web", "only"]);
    expect((await pull(number)).labels.map(({ name }) => name)).toEqual(["only"]);
    await maintainer.rest.issues.removeAllLabels(issue);
    expect((await pull(number)).labels).toEqual([]);
    const again = maintainer.rest.issues.createLabel({ ...here, name: "Preview" });
    expect((await refusal(again)).body["errors"]).toEqual([
      { resource: "Label", field: "name", code: "already_exists" },
    ]);
  });

  test("comments: anyone writes, only the author or a maintainer edits and deletes", async () => {
    const issue = { ...here, issue_number: 41 };
    const { data } = await contributor.rest.issues.createComment({ ...issue, body: "<b>hello</b> 😀" });
    expect(data).toMatchObject({ user: { login: "contributor" }, author_association: "NONE", body: "<b>hello</b> 😀" });
    const edit = { ...here, comment_id: data.id };
    await maintainer.rest.issues.updateComment({ ...edit, body: "edited" });
    expect((await maintainer.rest.issues.getComment(edit)).data.body).toBe("edited");
    const { data: other } = await maintainer.rest.issues.createComment({ ...issue, body: "mine" });
    const foreign = contributor.rest.issues.updateComment({ ...here, comment_id: other.id, body: "x" });
    expect((await refusal(foreign)).status).toBe(403);
    expect((await maintainer.rest.issues.listComments(issue)).data).toHaveLength(2);
    const page = await (await fetch(`${host.origin}/${owner}/${repo}/pull/41`)).text();
    expect(page).toContain("edited");
    await contributor.rest.issues.deleteComment(edit);
    expect((await refusal(maintainer.rest.issues.getComment(edit))).status).toBe(404);
    const long = maintainer.rest.issues.createComment({ ...issue, body: "x".repeat(65_537) });
    expect((await refusal(long)).status).toBe(422);
  });

  test("commit statuses combine by context", async () => {
    const { sha } = await openPull("checked");
    const combined = async () =>
      (await maintainer.rest.repos.getCombinedStatusForRef({ ...here, ref: "checked" })).data;
    expect(await combined()).toMatchObject({ state: "pending", total_count: 0 });
    const status = { ...here, sha, context: "ci/image" };
    await maintainer.rest.repos.createCommitStatus({ ...status, state: "pending" });
    await maintainer.rest.repos.createCommitStatus({ ...status, state: "success", description: "built" });
    expect(await combined()).toMatchObject({
      state: "success",
      statuses: [{ context: "ci/image", description: "built" }],
    });
    await maintainer.rest.repos.createCommitStatus({ ...status, context: "other", state: "error" });
    expect(await combined()).toMatchObject({ state: "failure", total_count: 2 });
    const { data: all } = await maintainer.rest.repos.listCommitStatusesForRef({ ...here, ref: sha });
    expect(all.map(({ state }) => state)).toEqual(["error", "success", "pending"]);
  });

  test("deployments and their statuses", async () => {
    const { data } = await maintainer.rest.repos.createDeployment({
      ...here,
      ref: "checked",
      environment: "pr-1",
      required_contexts: [],
      auto_merge: false,
      transient_environment: true,
    });
    if (!("id" in data)) throw new Error("no deployment was made");
    const deployment = { ...here, deployment_id: data.id };
    for (const state of ["queued", "in_progress", "success"] as const) {
      await maintainer.rest.repos.createDeploymentStatus({
        ...deployment,
        state,
        environment_url: "http://192.0.2.1/pr-1",
      });
    }
    const { data: statuses } = await maintainer.rest.repos.listDeploymentStatuses(deployment);
    expect(statuses.map(({ state }) => state)).toEqual(["success", "in_progress", "queued"]);
    const { data: found } = await maintainer.rest.repos.listDeployments({ ...here, environment: "pr-1" });
    expect(found).toHaveLength(1);
    const checked = maintainer.rest.repos.createDeployment({ ...here, ref: "checked" });
    expect((await refusal(checked)).status).toBe(409);
  });

  test("reviews name the commit; permissions can be asked for", async () => {
    const { number, sha } = await openPull("reviewed");
    const own = maintainer.rest.pulls.createReview({ ...here, pull_number: number, event: "APPROVE" });
    expect((await refusal(own)).status).toBe(422);
    await contributor.rest.pulls.createReview({ ...here, pull_number: number, event: "APPROVE", body: "fine" });
    const { data } = await maintainer.rest.pulls.listReviews({ ...here, pull_number: number });
    expect(data).toMatchObject([{ state: "APPROVED", commit_id: sha, author_association: "NONE" }]);
    const level = async (username: string) =>
      (await maintainer.rest.repos.getCollaboratorPermissionLevel({ ...here, username })).data.permission;
    expect([await level("maintainer"), await level("contributor")]).toEqual(["admin", "read"]);
  });

  test("branches, refs, tags, commits", async () => {
    const { data: branch } = await maintainer.rest.repos.getBranch({ ...here, branch: "feature/one" });
    await maintainer.rest.git.createRef({ ...here, ref: "refs/tags/v1.0.0", sha: branch.commit.sha });
    expect((await maintainer.rest.repos.listTags(here)).data.map(({ name }) => name)).toEqual(["v1.0.0"]);
    const { data: ref } = await maintainer.rest.git.getRef({ ...here, ref: "heads/feature/one" });
    expect(ref.object.sha).toBe(branch.commit.sha);
    const unencoded = await fetch(`${host.apiUrl}/repos/${owner}/${repo}/commits/feature/one/status`);
    expect(unencoded.status).toBe(200);
    await maintainer.rest.git.createRef({ ...here, ref: "refs/heads/made/here", sha: branch.commit.sha });
    await maintainer.rest.git.deleteRef({ ...here, ref: "heads/made/here" });
    expect((await maintainer.rest.repos.listBranches(here)).data.map(({ name }) => name)).not.toContain("made/here");
    expect((await maintainer.rest.repos.listCommits({ ...here, per_page: 1 })).data).toHaveLength(1);
  });
});

describe("lists", () => {
  test("follow the links to every page; the links survive a rename, as on GitHub", async () => {
    const all = await maintainer.paginate(maintainer.rest.pulls.list, { ...here, state: "all", per_page: 2 });
    const numbers = all.map(({ number }) => number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
    expect(numbers.length).toBeGreaterThan(6);
    const { headers } = await maintainer.rest.pulls.list({ ...here, state: "all", per_page: 2, page: 2 });
    const { data: repository } = await maintainer.rest.repos.get(here);
    expect(headers.link).toContain(
      `<${host.apiUrl}/repositories/${repository.id}/pulls?state=all&per_page=2&page=3>; rel="next"`,
    );
    expect(headers.link).toContain('page=1>; rel="prev"');
  });

  test("filter and sort", async () => {
    const list = async (wanted: object) => (await maintainer.rest.pulls.list({ ...here, ...wanted })).data;
    expect((await list({ head: `${owner}:feature/one`, state: "all" })).map(({ number }) => number)).toEqual([41]);
    expect(await list({ base: "nothing" })).toEqual([]);
    expect((await list({ state: "closed" })).every(({ state }) => state === "closed")).toBe(true);
    const ascending = (await list({ direction: "asc" })).map(({ number }) => number);
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
  });
});

describe("conditional requests and limits", () => {
  test("what has not changed is a 304 that counts for nothing", async () => {
    const first = await maintainer.rest.pulls.get({ ...here, pull_number: 41 });
    const headers = { "if-none-match": first.headers.etag ?? "" };
    const again = await fetch(`${host.apiUrl}/repos/${owner}/${repo}/pulls/41`, {
      headers: { ...headers, authorization: `token ${tokens.maintainer}` },
    });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect(again.headers.get("x-ratelimit-used")).toBe(first.headers["x-ratelimit-used"]);
    await maintainer.rest.issues.createComment({ ...here, issue_number: 41, body: "news" });
    expect((await maintainer.rest.pulls.get({ ...here, pull_number: 41, headers })).status).toBe(200);
  });

  test("beyond the limit every request is refused, but not the question for the limit", async () => {
    const other = await start({ dataFolder: join(folder, "limited"), rateLimit: 2 });
    const ask = (path: string) =>
      fetch(`${other.apiUrl}${path}`, { headers: { authorization: `Bearer ${tokens.maintainer}` } });
    try {
      expect([(await ask("/user")).status, (await ask("/user")).status]).toEqual([200, 200]);
      const refused = await ask("/user");
      expect(refused.status).toBe(403);
      expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
      expect(await (await ask("/rate_limit")).json()).toMatchObject({ rate: { limit: 2, remaining: 0 } });
    } finally {
      await other.stop();
    }
  });
});

describe("refusals", () => {
  test.each([
    ["an unknown repository", () => maintainer.rest.repos.get({ owner, repo: "none" }), 404],
    ["an unknown pull request", () => maintainer.rest.pulls.get({ ...here, pull_number: 9999 }), 404],
    ["a number that is none", () => maintainer.request(`GET /repos/${owner}/${repo}/pulls/many`), 404],
    ["a path that is no text", () => maintainer.request(`GET /repos/${owner}/${repo}/commits/%E0%A4%A`), 404],
    ["an unknown path", () => maintainer.request("GET /repos/a"), 404],
    ["a wrong token", () => client("wrong").rest.repos.get(here), 401],
    ["no token where one is needed", () => client().rest.users.getAuthenticated(), 401],
    [
      "too little permission",
      () => contributor.rest.repos.createCommitStatus({ ...here, sha: "main", state: "success" }),
      403,
    ],
    ["a value GitHub does not know", () => maintainer.request(`GET /repos/${owner}/${repo}/pulls?state=half`), 422],
    [
      "a head that does not exist",
      () => maintainer.rest.pulls.create({ ...here, title: "x", head: "none", base: "main" }),
      422,
    ],
    [
      "a branch without commits of its own",
      () => maintainer.rest.pulls.create({ ...here, title: "x", head: "main", base: "main" }),
      422,
    ],
    [
      "a second one for the same branch",
      () => maintainer.rest.pulls.create({ ...here, title: "x", head: "labelled", base: "main" }),
      422,
    ],
    ["what is not emulated", () => maintainer.rest.repos.listReleases(here), 501],
  ])("%s", async (_, request, expected) => {
    const { status, body } = await refusal(request());
    expect(status).toBe(expected);
    expect(body).toMatchObject({
      message: expect.any(String) as string,
      documentation_url: expect.any(String) as string,
    });
  });

  test("a missing field is named", async () => {
    const { body } = await refusal(
      maintainer.request(`POST /repos/${owner}/${repo}/pulls`, { title: "x", base: "main" }),
    );
    expect(body).toMatchObject({
      message: "Validation Failed",
      errors: [{ resource: "PullRequest", field: "head", code: "missing_field" }],
    });
  });

  test("a body that is no JSON", async () => {
    const response = await fetch(`${host.apiUrl}/repos/${owner}/${repo}/issues/41/comments`, {
      method: "POST",
      body: "{",
      headers: { authorization: `token ${tokens.maintainer}` },
    });
    expect([response.status, await response.json()]).toMatchObject([400, { message: "Problems parsing JSON" }]);
  });
});

describe("GitHub's description", () => {
  test("an answer that violates it never goes out as if it were GitHub's", async () => {
    const wrong: Operations = {
      ...operations,
      "pulls/get": () => ok({ number: "41", state: "half-open" }),
      "pulls/list": () => ({ status: 207, body: [] }),
    };
    const lines: string[] = [];
    const other = await start({ operations: wrong, log: (line) => lines.push(line) });
    try {
      const one = await fetch(`${other.apiUrl}/repos/${owner}/${repo}/pulls/41`);
      expect(one.status).toBe(500);
      const { violations } = (await one.json()) as { violations: string[] };
      expect(violations.join("\n")).toMatch(/\/number must be integer/);
      expect(violations.join("\n")).toMatch(/\/state must be equal to one of the allowed values/);
      expect(violations.join("\n")).toMatch(/must have required property 'head'/);
      expect((await fetch(`${other.apiUrl}/repos/${owner}/${repo}/pulls`)).status).toBe(500);
      expect(lines.filter((line) => line.startsWith("violation:"))).toHaveLength(2);
    } finally {
      await other.stop();
    }
  });

  test("nothing above was such an answer", () => {
    expect(log.filter((line) => /violation|error/.test(line))).toEqual([]);
  });
});

test("a restart loses nothing, and catches up with what the repositories went through meanwhile", async () => {
  const before = (await maintainer.rest.pulls.list({ ...here, state: "all" })).data.map(({ number, state }) => ({
    number,
    state,
  }));
  await host.stop();
  const bare = `data/repositories/${owner}/${repo}.git`;
  const moved = (await inFolder(bare, "rev-parse", "main")).trim();
  await inFolder(
    bare,
    "update-ref",
    "refs/heads/labelled",
    (await inFolder(bare, "commit-tree", "-p", "labelled", "-m", "x", "main^{tree}")).trim(),
  );
  host = await start();
  maintainer = client(tokens.maintainer);
  const after = await maintainer.rest.pulls.list({ ...here, state: "all" });
  expect(after.data.map(({ number, state }) => ({ number, state }))).toEqual(before);
  const labelled = after.data.find(({ head }) => head.ref === "labelled");
  expect(labelled?.head.sha).toBe((await inFolder(bare, "rev-parse", "labelled")).trim());
  expect(labelled?.head.sha).not.toBe(moved);
});
