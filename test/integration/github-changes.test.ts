import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { here, owner, refusal, repo, repository, startGitHub, type GitHubWorld } from "./github-world.ts";

let world: GitHubWorld;
let now = new Date("2026-01-01T10:00:00.000Z");
/** Of what is done after it, the time differs. */
const later = () => (now = new Date(now.getTime() + 5000));

beforeAll(async () => {
  world = await startGitHub({ now: () => now });
});

afterAll(() => world.stop());

async function listed(number: number) {
  const { data } = await world.maintainer.rest.pulls.list({ ...here, state: "all" });
  const found = data.find((pull) => pull.number === number);
  if (!found) throw new Error(`pull request ${number} is not in the list`);
  return found;
}

describe("a pull request", () => {
  test("has in lists what admission asks for", async () => {
    const number = await world.open("listed");
    const created = now.toISOString().replace(".000", "");
    expect(await listed(number)).toMatchObject({
      created_at: created,
      updated_at: created,
      author_association: "COLLABORATOR",
      draft: false,
      base: { ref: "main", repo: { full_name: repository } },
      head: { ref: "listed", repo: { full_name: repository } },
    });
  });

  test("is updated by a push, a comment, a review and its dismissal, a label, and by nothing else", async () => {
    const number = await world.open("updated");
    const issue = { ...here, issue_number: number };
    const pull = { ...here, pull_number: number };
    const { contributor, maintainer } = world;
    let review = 0;
    const changes = {
      push: () => world.push("updated"),
      comment: () => contributor.rest.issues.createComment({ ...issue, body: "hi" }),
      review: async () => {
        const { data } = await contributor.rest.pulls.createReview({ ...pull, event: "APPROVE" });
        review = data.id;
      },
      dismissal: () => maintainer.rest.pulls.dismissReview({ ...pull, review_id: review, message: "older" }),
      label: () => maintainer.rest.issues.addLabels({ ...issue, labels: ["preview"] }),
      unlabel: () => maintainer.rest.issues.removeLabel({ ...issue, name: "preview" }),
    };
    let before = (await listed(number)).updated_at;
    for (const [what, change] of Object.entries(changes)) {
      later();
      await change();
      const after = (await listed(number)).updated_at;
      expect(after, what).toBe(now.toISOString().replace(".000", ""));
      expect(Date.parse(after), what).toBeGreaterThan(Date.parse(before));
      before = after;
    }
    later();
    const { head } = await listed(number);
    await maintainer.rest.repos.createCommitStatus({ ...here, sha: head.sha, state: "success" });
    await world.push("beside");
    expect((await listed(number)).updated_at).toBe(before);
  });

  test("its reviews name the commit and who wrote them, and can be dismissed by those who may write", async () => {
    const number = await world.open("reviewed");
    const pull = { ...here, pull_number: number };
    const { contributor, maintainer } = world;
    const sha = (await listed(number)).head.sha;
    const { data: approval } = await contributor.rest.pulls.createReview({ ...pull, event: "APPROVE" });
    const { data: remark } = await contributor.rest.pulls.createReview({ ...pull, event: "COMMENT", body: "hm" });
    await world.push("reviewed");
    const dismiss = (client: typeof maintainer, id: number) =>
      client.rest.pulls.dismissReview({ ...pull, review_id: id, message: "older commit" });
    expect((await refusal(dismiss(contributor, approval.id))).status).toBe(403);
    expect((await refusal(dismiss(maintainer, remark.id))).message).toBe("Unprocessable Entity");
    expect((await dismiss(maintainer, approval.id)).data.state).toBe("DISMISSED");
    expect((await refusal(dismiss(maintainer, approval.id))).status).toBe(422);
    const { data: one } = await maintainer.rest.pulls.getReview({ ...pull, review_id: approval.id });
    expect(one).toMatchObject({ state: "DISMISSED", commit_id: sha, author_association: "NONE" });
    expect((await maintainer.rest.pulls.listReviews(pull)).data.map(({ state }) => state)).toEqual([
      "DISMISSED",
      "COMMENTED",
    ]);
  });
});

test("what somebody may do is told by role and in detail", async () => {
  const level = async (username: string) =>
    (await world.maintainer.rest.repos.getCollaboratorPermissionLevel({ ...here, username })).data;
  expect(await level("maintainer")).toMatchObject({
    permission: "admin",
    role_name: "admin",
    user: { login: "maintainer", permissions: { admin: true, maintain: true, push: true, triage: true, pull: true } },
  });
  expect(await level("contributor")).toMatchObject({
    permission: "read",
    role_name: "read",
    user: { permissions: { admin: false, maintain: false, push: false, triage: false, pull: true } },
  });
  expect(await refusal(level("nobody"))).toMatchObject({ status: 404, message: "nobody is not a user" });
});

test("the pull request of a deleted fork stays open, without a repository to fetch from", async () => {
  const { contributor, maintainer } = world;
  const fork = { owner: "contributor", repo };
  await contributor.rest.repos.createFork(here);
  const sha = await world.commit("from-outside");
  await world.git("push", "--quiet", world.cloneUrl("contributor/app", "contributor-token"), "HEAD:outside");
  const head = "contributor:outside";
  const { data: pull } = await contributor.rest.pulls.create({ ...here, title: "Outside", head, base: "main" });
  expect((await refusal(maintainer.rest.repos.delete(fork))).status).toBe(403);
  await contributor.rest.repos.delete(fork);
  expect((await refusal(maintainer.rest.repos.get(fork))).status).toBe(404);
  const orphan = { state: "open", head: { label: head, sha, user: { login: "contributor" }, repo: null } };
  expect(await listed(pull.number)).toMatchObject(orphan);
  expect((await maintainer.rest.pulls.get({ ...here, pull_number: pull.number })).data).toMatchObject(orphan);
  expect((await maintainer.rest.pulls.list({ ...here, head })).data).toHaveLength(1);
  await world.git("fetch", "--quiet", world.cloneUrl(), `refs/pull/${pull.number}/head`);
  expect(await world.git("rev-parse", "FETCH_HEAD")).toBe(sha);

  // Pushes go on, another fork of the same name is another one, and the pull request does not follow it.
  await world.push("main");
  await contributor.rest.repos.createFork(here);
  await world.git("push", "--quiet", "--force", world.cloneUrl("contributor/app", "contributor-token"), "main:outside");
  expect(await listed(pull.number)).toMatchObject(orphan);
  await world.restart();
  expect(await listed(pull.number)).toMatchObject(orphan);
  await world.maintainer.rest.pulls.merge({ ...here, pull_number: pull.number });
  expect(await listed(pull.number)).toMatchObject({ state: "closed", head: { repo: null } });
});

describe("a renamed repository", () => {
  const renamed = { owner, repo: "application" };
  let number: number;
  let id: number;

  beforeAll(async () => {
    number = await world.open("before-the-rename");
    id = (await world.maintainer.rest.repos.get(here)).data.id;
    expect((await refusal(world.contributor.rest.repos.update({ ...here, name: "mine" }))).status).toBe(403);
    const { data } = await world.maintainer.rest.repos.update({ ...here, name: renamed.repo });
    expect(data).toMatchObject({
      id,
      full_name: "acme/application",
      clone_url: `${world.host.origin}/acme/application.git`,
    });
  });

  test("sends on every request under its old name, by its id", async () => {
    const old = (path: string, init?: RequestInit) =>
      world.ask(`/repos/${repository}${path}`, { ...init, redirect: "manual" });
    const url = `${world.host.apiUrl}/repositories/${id}`;
    const get = await old("/pulls?state=all&per_page=1");
    expect([get.status, get.headers.get("location")]).toEqual([301, `${url}/pulls?state=all&per_page=1`]);
    expect(await get.json()).toMatchObject({ message: "Moved Permanently", url: `${url}/pulls?state=all&per_page=1` });
    expect((await old("", { method: "HEAD" })).status).toBe(301);
    const post = await old(`/issues/${number}/comments`, { method: "POST", body: JSON.stringify({ body: "x" }) });
    expect([post.status, post.headers.get("location")]).toEqual([307, `${url}/issues/${number}/comments`]);
    const page = await fetch(`${world.host.origin}/${repository}/pull/${number}`, { redirect: "manual" });
    expect(page.headers.get("location")).toBe(`${world.host.origin}/acme/application/pull/${number}`);
  });

  test("octokit follows, reading and writing", async () => {
    const { data } = await world.maintainer.rest.pulls.get({ ...here, pull_number: number });
    expect(data.base.repo).toMatchObject({ id, name: "application", full_name: "acme/application" });
    await world.maintainer.rest.issues.createComment({ ...here, issue_number: number, body: "by the old name" });
    const { data: comments } = await world.maintainer.rest.issues.listComments({ ...renamed, issue_number: number });
    expect(comments.map(({ body }) => body)).toEqual(["by the old name"]);
  });

  test("serves git under both names", async () => {
    const sha = await world.push("before-the-rename");
    expect((await world.maintainer.rest.pulls.get({ ...renamed, pull_number: number })).data.head.sha).toBe(sha);
    const lines = await world.git("ls-remote", world.cloneUrl("acme/application"), "refs/heads/before-the-rename");
    expect(lines).toContain(sha);
  });

  test("stays renamed after a restart, and its first name gives way to another repository", async () => {
    await world.restart();
    expect((await world.maintainer.rest.repos.get(here)).data.id).toBe(id);
    await world.maintainer.rest.repos.update({ ...renamed, name: "third name!" });
    expect((await world.maintainer.rest.repos.get(here)).data.full_name).toBe("acme/third-name-");
    expect((await world.maintainer.rest.repos.get(renamed)).data.id).toBe(id);
    await world.restart({ repositories: ["acme/third-name-", "acme/second"] });
    await world.maintainer.rest.repos.update({ owner, repo: "second", name: repo });
    const { data: other } = await world.maintainer.rest.repos.get(here);
    expect(other.id).not.toBe(id);
    const taken = world.maintainer.rest.repos.update({ owner, repo: "third-name-", name: repo });
    expect((await refusal(taken)).status).toBe(422);
    const { data: branches } = await world.maintainer.rest.repos.listBranches(here);
    expect(branches).toEqual([]);
  });
});

describe("limits", () => {
  test("creating too much is refused for a while, reading is not", async () => {
    const number = await (async () => {
      await world.restart({ repositories: ["acme/limited"], contentLimit: 3 });
      return (await world.maintainer.rest.issues.create({ owner, repo: "limited", title: "x" })).data.number;
    })();
    const issue = { owner, repo: "limited", issue_number: number };
    const comment = () => world.maintainer.rest.issues.createComment({ ...issue, body: "x" });
    later();
    await comment();
    await comment();
    const refused = await refusal(comment());
    expect(refused).toMatchObject({ status: 403, headers: { "retry-after": "55" } });
    expect(refused.message).toMatch(/^You have exceeded a secondary rate limit/);
    expect(Number(refused.headers["x-ratelimit-remaining"])).toBeGreaterThan(0);
    expect((await world.maintainer.rest.issues.listComments(issue)).data).toHaveLength(2);
    await world.contributor.rest.issues.createComment({ ...issue, body: "x" });
    now = new Date(now.getTime() + 55_000);
    expect((await comment()).status).toBe(201);
  });

  test("beyond the hourly limit the headers say when it starts anew, and nothing else does", async () => {
    await world.restart({ rateLimit: 2 });
    const ask = () => world.ask(`/repos/${repository}`);
    const first = await ask();
    const etag = first.headers.get("etag") ?? "";
    await ask();
    const refused = await ask();
    const reset = String(now.getTime() / 1000 + 3600);
    expect(refused.status).toBe(403);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "x-ratelimit-limit": "2",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": reset,
    });
    expect(refused.headers.has("retry-after")).toBe(false);
    const unchanged = () => world.ask(`/repos/${repository}`, { headers: { "if-none-match": etag } });
    expect((await unchanged()).status).toBe(403);
    now = new Date(now.getTime() + 3_600_000);
    expect((await unchanged()).status).toBe(304);
    expect((await ask()).status).toBe(200);
  });
});

test("an answer that is remembered is forgotten with every change", async () => {
  await world.restart({ repositories: ["acme/cached"] });
  const cached = { owner, repo: "cached" };
  await world.git("push", "--quiet", world.cloneUrl("acme/cached"), "main");
  const titles = async () => (await world.maintainer.rest.issues.listForRepo(cached)).data.map(({ title }) => title);
  expect(await titles()).toEqual([]);
  await world.maintainer.rest.issues.create({ ...cached, title: "one" });
  expect(await titles()).toEqual(["one"]);
  const branches = async () => (await world.maintainer.rest.repos.listBranches(cached)).data.map(({ name }) => name);
  expect(await branches()).toEqual(["main"]);
  await world.git("push", "--quiet", world.cloneUrl("acme/cached"), "main:other");
  expect(await branches()).toEqual(["main", "other"]);
});

test("nothing above violated GitHub's description", () => {
  expect(world.log.filter((line) => /violation|error/.test(line))).toEqual([]);
});
