import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RequestEntry } from "../../sandbox/github/host.ts";
import * as lie from "../support/lies.ts";
import { here, owner, refusal, repository, startGitHub, type GitHubWorld } from "./github-world.ts";

const lies = new lie.Lies();
const requests: RequestEntry[] = [];
let world: GitHubWorld;

beforeAll(async () => {
  world = await startGitHub({ intercept: lies.intercept, onRequest: (entry) => requests.push(entry) });
  for (const branch of ["one", "two", "three", "four", "five"]) await world.open(branch);
  await world.contributor.rest.repos.createFork(here);
  await world.git("push", "--quiet", world.cloneUrl("contributor/app", "contributor-token"), "one:foreign");
  const foreign = { owner: "contributor", repo: "app" };
  await world.contributor.rest.pulls.create({ ...foreign, title: "Elsewhere", head: "foreign", base: "main" });
});

afterEach(() => {
  lies.stop();
});

afterAll(() => world.stop());

/** The numbers octokit reads, page by page. */
async function listed(perPage = 2): Promise<readonly number[]> {
  const { maintainer } = world;
  const sort = { sort: "created", direction: "asc", state: "open" } as const;
  const all = await maintainer.paginate(maintainer.rest.pulls.list, { ...here, ...sort, per_page: perPage });
  return all.map(({ number }) => number);
}

const get = (number: number) => world.maintainer.rest.pulls.get({ ...here, pull_number: number });
const truth = [41, 42, 43, 44, 45];

describe("lists", () => {
  test.each([
    ["nothing, when no lie is told", undefined, truth],
    ["no pull request at all", lie.emptyList(), []],
    ["some are missing", lie.shortList(42, 45), [41, 43, 44]],
    ["one is lost between two pages", lie.shiftedPage(), [41, 42, 44, 45]],
    ["a page comes twice", lie.repeatedPage(), [41, 42, 41, 42, 43, 44]],
    ["those of another repository", lie.foreignList("contributor/app"), [1]],
  ] as const)("%s", async (_, told, expected) => {
    if (told) lies.tell(told);
    expect(await listed()).toEqual(expected);
    lies.stop();
    expect(await listed()).toEqual(truth);
  });

  test("a lie has an ETag of its own, and the truth comes out with the true one", async () => {
    const { headers } = await world.ask(`/repos/${repository}/pulls`);
    const etag = headers.get("etag") ?? "";
    lies.tell(lie.emptyList(), 1);
    const lied = await world.ask(`/repos/${repository}/pulls`, { headers: { "if-none-match": etag } });
    expect([lied.status, await lied.json(), lied.headers.get("etag") === etag]).toEqual([200, [], false]);
    expect((await world.ask(`/repos/${repository}/pulls`, { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test("the list of another repository says so", async () => {
    lies.tell(lie.foreignList("contributor/app"));
    const { data } = await world.maintainer.rest.pulls.list(here);
    expect(data.map(({ base }) => base.repo.full_name)).toEqual(["contributor/app"]);
  });
});

describe("refusals", () => {
  test("a pull request that is missing, so many times", async () => {
    const telling = lies.tell(lie.missingPullRequest(42), 2);
    expect((await refusal(get(42))).status).toBe(404);
    expect((await get(41)).status).toBe(200);
    expect((await refusal(get(42))).status).toBe(404);
    expect((await get(42)).status).toBe(200);
    expect(telling.told).toBe(2);
  });

  test.each([500, 502, 503] as const)("status %i, until it is over", async (status) => {
    const telling = lies.tell(lie.serverError(status, "pulls/get"));
    expect((await refusal(get(41))).status).toBe(status);
    expect((await refusal(get(41))).status).toBe(status);
    expect(await listed()).toEqual(truth);
    telling.stop();
    expect((await get(41)).status).toBe(200);
  });

  test.each([403, 429] as const)("the rate limit is exhausted (%i)", async (status) => {
    lies.tell(lie.rateLimitExhausted(new Date("2030-01-01T00:00:00Z"), status));
    const refused = await refusal(get(41));
    expect(refused.status).toBe(status);
    expect(refused.headers).toMatchObject({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1893456000" });
    expect(refused.headers["retry-after"]).toBeUndefined();
    expect((await world.maintainer.rest.rateLimit.get()).data.rate.remaining).toBeGreaterThan(0);
  });

  test("a secondary limit, for writing only", async () => {
    lies.tell(lie.secondaryLimit(7, "issues/create-comment"));
    const refused = await refusal(world.maintainer.rest.issues.createComment({ ...here, issue_number: 41, body: "x" }));
    expect(refused).toMatchObject({ status: 403, headers: { "retry-after": "7" } });
    expect(refused.message).toMatch(/secondary rate limit/);
    expect(Number(refused.headers["x-ratelimit-remaining"])).toBeGreaterThan(0);
    expect((await world.maintainer.rest.issues.listComments({ ...here, issue_number: 41 })).data).toEqual([]);
  });

  test.each([
    [403, "Resource not accessible by personal access token"],
    [404, "Not Found"],
  ] as const)("the token's permission is lost (%i)", async (status, message) => {
    lies.tell(lie.permissionLost(status));
    expect(await refusal(get(41))).toMatchObject({ status, message });
    expect(await refusal(listed())).toMatchObject({ status, message });
    expect((await world.maintainer.rest.users.getAuthenticated()).status).toBe(200);
  });
});

test("a renamed repository answers by its id, with its new name", async () => {
  const { data: before } = await world.maintainer.rest.repos.get(here);
  lies.tell(lie.renamed(repository, `${owner}/application`));
  const redirect = await world.ask(`/repos/${repository}/pulls?state=all`, { redirect: "manual" });
  expect([redirect.status, redirect.headers.get("location")]).toEqual([
    301,
    `${world.host.apiUrl}/repositories/${before.id}/pulls?state=all`,
  ]);
  const { data } = await get(41);
  expect(data.base.repo).toMatchObject({
    id: before.id,
    name: "application",
    full_name: "acme/application",
    clone_url: `${world.host.origin}/acme/application.git`,
  });
  expect(await listed()).toEqual(truth);
  const { data: now } = await world.maintainer.rest.repos.get({ owner, repo: "application" });
  expect(now.id).toBe(before.id);
  const post = { method: "POST", redirect: "manual", body: JSON.stringify({ body: "x" }) } as const;
  expect((await world.ask(`/repos/${repository}/issues/41/comments`, post)).status).toBe(307);
});

describe("broken answers", () => {
  test("half of the JSON, which octokit takes for a text", async () => {
    lies.tell(lie.truncatedBody("pulls/list"), 1);
    const { status, data } = await world.maintainer.rest.pulls.list(here);
    expect([status, typeof data]).toEqual([200, "string"]);
    expect(await listed()).toEqual(truth);
  });

  test("a connection that breaks in the middle, which octokit takes for an empty answer", async () => {
    lies.tell(lie.brokenBody("pulls/list"), 1);
    await expect((await world.ask(`/repos/${repository}/pulls`)).text()).rejects.toThrow();
    lies.tell(lie.brokenBody("pulls/list"), 1);
    const { status, data } = await world.maintainer.rest.pulls.list(here);
    expect([status, data]).toEqual([200, ""]);
  });

  test("a connection that is reset, though the comment was made", async () => {
    lies.tell(lie.connectionReset("issues/create-comment"), 1);
    const comment = world.maintainer.rest.issues.createComment({ ...here, issue_number: 42, body: "made" });
    expect(await refusal(comment)).toMatchObject({ status: 500 });
    const { data } = await world.maintainer.rest.issues.listComments({ ...here, issue_number: 42 });
    expect(data.map(({ body }) => body)).toEqual(["made"]);
  });

  test("an answer that is late", async () => {
    lies.tell(lie.slowAnswer(300, "pulls/get"));
    const started = performance.now();
    expect((await get(41)).data.number).toBe(41);
    expect(performance.now() - started).toBeGreaterThanOrEqual(299);
    lies.tell(lie.slowAnswer(60_000, "pulls/get"));
    const impatient = { ...here, pull_number: 41, request: { signal: AbortSignal.timeout(50) } };
    await expect(world.maintainer.rest.pulls.get(impatient)).rejects.toThrow(/abort/i);
  });
});

test("every request is told of, with its operation and its status", async () => {
  requests.length = 0;
  const { headers } = await get(41);
  await world.ask(`/repos/${repository}/pulls/41`, { headers: { "if-none-match": headers.etag ?? "" } });
  await refusal(get(999));
  await world.git("ls-remote", world.cloneUrl());
  // The one that was given up above may be told of only now.
  const answered = () => requests.filter(({ status }) => status > 0);
  await expect.poll(() => answered().length).toBeGreaterThan(3);
  expect(answered().slice(0, 3)).toMatchObject([
    { method: "GET", path: `/api/v3/repos/${repository}/pulls/41`, status: 200, operationId: "pulls/get" },
    { status: 304, operationId: "pulls/get" },
    { status: 404, operationId: "pulls/get" },
  ]);
  expect(answered()[3]).toMatchObject({ path: `/${repository}.git/info/refs?service=git-upload-pack`, status: 200 });
  expect(answered().every(({ ms }) => ms > 0)).toBe(true);
});
