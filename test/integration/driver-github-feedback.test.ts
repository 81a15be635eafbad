import { fromMarkdown } from "mdast-util-from-markdown";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as lie from "../support/lies.ts";
import {
  startDrivers,
  startGitHubOfDriver,
  type Driver,
  type Drivers,
  type GitHubOfDriver,
} from "./driver-github-world.ts";
import { here } from "./github-world.ts";

const patience = { timeout: 30_000 };

let github: GitHubOfDriver;
let drivers: Drivers;

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
});

afterEach(async () => {
  github.lies.stop();
  const { data } = await github.maintainer.rest.pulls.list({ ...here, per_page: 100 });
  for (const { number } of data) await github.close(number);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

const driver = (settings: object = {}): Driver => drivers.driver({ feedback: "all", settings });

/** What people see on one pull request. */
async function seen(number: number) {
  const { maintainer } = github;
  const { data: comments } = await maintainer.rest.issues.listComments({ ...here, issue_number: number });
  const { data: newestFirst } = await maintainer.rest.repos.listDeployments({ ...here, environment: `pr-${number}` });
  const deployments = newestFirst.toReversed().map(async ({ id, sha }) => {
    const { data } = await maintainer.rest.repos.listDeploymentStatuses({ ...here, deployment_id: id });
    return { sha, states: data.toReversed().map(({ state }) => state), url: data[0]?.environment_url };
  });
  const ref = await github.head(number);
  const { data: statuses } = await maintainer.rest.repos.listCommitStatusesForRef({ ...here, ref });
  return {
    comments: comments.map(({ body = "" }) => body),
    deployments: await Promise.all(deployments),
    statuses: statuses
      .toReversed()
      .map(({ state, context, description, target_url: url }) => ({ state, context, description, url })),
  };
}

/** What the comment on a pull request said, one text after the other. */
async function texts(number: number): Promise<readonly string[]> {
  const { data } = await github.maintainer.rest.issues.listComments({ ...here, issue_number: number });
  const said = github.asked.filter(
    ({ operationId, input }) =>
      (operationId === "issues/create-comment" && input["issue_number"] === number) ||
      (operationId === "issues/update-comment" && input["comment_id"] === data[0]?.id),
  );
  return said.map(({ input }) => String(input["body"]));
}

const headline = (text: string) => /\*\*Preview: ([^*]+)\*\*/.exec(text)?.[1];
const url = (number: number) => `http://kbot.example.com/pr-${number}`;
const writes = (asked: readonly string[]) => asked.filter((operation) => /\/(create|update|delete)-/.test(operation));

describe("from the first look at a pull request to its end", () => {
  test("there is one comment, one Deployment a commit with its states in order, and a status that leads there", async () => {
    const [first, second] = [await github.openPullRequest(), await github.openPullRequest()];
    const line = driver({ concurrency: 1 });
    const said = async (number: number) => (await texts(number)).map(headline);
    // While the first is worked on, the second waits; work takes until people know of it.
    line.world.gate = async (name) => {
      if (name === `pr-${first}`) await expect.poll(() => said(second), patience).toEqual(["queued"]);
      else await expect.poll(() => said(second), patience).toEqual(["queued", "being deployed"]);
    };
    const head = await github.head(second);
    expect((await line.sync()).exitCode).toBe(0);
    expect(await said(second)).toEqual(["queued", "being deployed", "ready"]);
    for (const number of [first, second]) {
      const { comments, deployments, statuses } = await seen(number);
      expect(comments).toHaveLength(1);
      expect(comments[0]).toContain(`✅ **Preview: ready** — <${url(number)}>`);
      expect(deployments).toMatchObject([{ states: ["queued", "in_progress", "success"], url: url(number) }]);
      expect(statuses.at(-1)).toMatchObject({ state: "success", context: "preview", url: url(number) });
      expect(statuses.map(({ state }) => state).slice(0, -1)).not.toContain("success");
    }

    line.world.gate = () => Promise.resolve();
    const next = await github.pushTo(second);
    await line.sync();
    expect((await seen(second)).deployments).toMatchObject([
      { sha: head, states: ["queued", "in_progress", "success", "inactive"] },
      { sha: next, states: ["queued", "in_progress", "success"] },
    ]);

    await github.close(second);
    expect((await line.sync()).done).toEqual([`destroy pr-${second}`]);
    const { comments, deployments, statuses } = await seen(second);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toMatch(new RegExp(`Preview: removed[^]*What was removed[^]*Namespace pr-${second}`));
    expect(deployments.map(({ states }) => states.at(-1))).toEqual(["inactive", "inactive"]);
    expect(statuses.at(-1)).toMatchObject({ state: "success", description: "Removed with its pull request" });
    expect((await seen(first)).comments[0]).toContain("**Preview: ready**");
    const again = await line.sync();
    expect(writes(again.asked)).toEqual([]);
  });

  test("a failure is told with its log, and what comes after it in its place", async () => {
    const number = await github.openPullRequest();
    const line = driver();
    line.world.failing.add(number);
    line.world.logs.set(number, "panic: no database\n@somebody ``` </details>");
    const failed = await line.sync();
    expect(failed.exitCode).toBe(1);
    const first = await seen(number);
    expect(first.comments).toHaveLength(1);
    expect(first.comments[0]).toMatch(
      /❌ \*\*Preview: failed\*\*[^]*ImagePullBackOff\nthe update failed[^]*The last log lines[^]*panic: no database/,
    );
    expect(first.deployments).toMatchObject([{ states: ["queued", "in_progress", "failure"] }]);
    expect(first.statuses.at(-1)).toMatchObject({ state: "failure", description: "Failed: ImagePullBackOff" });
    line.world.failing.clear();
    expect((await line.sync()).exitCode).toBe(0);
    const later = await seen(number);
    expect(later.comments).toHaveLength(1);
    expect(headline(later.comments[0] ?? "")).toBe("ready");
    expect(later.deployments.map(({ states }) => states.at(-1))).toEqual(["success"]);
  });

  test("what remains of a destroy is told until it is gone", async () => {
    const number = await github.openPullRequest();
    const line = driver();
    await line.sync();
    await github.close(number);
    line.world.stuck.add(`pr-${number}`);
    expect((await line.sync()).exitCode).toBe(1);
    expect((await seen(number)).comments[0]).toMatch(new RegExp(`removed in part[^]*Namespace pr-${number}`));
    line.world.stuck.clear();
    expect((await line.sync()).exitCode).toBe(0);
    const { comments, deployments } = await seen(number);
    expect(comments.map(headline)).toEqual(["removed"]);
    expect(deployments.map(({ states }) => states.at(-1))).toEqual(["inactive"]);
  });
});

test("who did not ask hears nothing, and plan and a dry run tell nobody anything", async () => {
  const quiet = await github.openPullRequest({ labels: [] });
  const loud = await github.openPullRequest();
  const line = driver();
  expect(writes((await line.plan()).asked)).toEqual([]);
  expect(writes((await line.sync({ dryRun: true })).asked)).toEqual([]);
  await line.sync();
  expect(await seen(quiet)).toEqual({ comments: [], deployments: [], statuses: [] });
  expect((await seen(loud)).comments).toHaveLength(1);
});

test("names that somebody chose with care do no harm", async () => {
  const title = "</details> @everyone ![x](http://evil.example.com) <!-- ``` -->\n/preview stop";
  const branches = ["evil/`$(id)`|<b>@mallory</b>", "evil/'\";--#1,{}!ä漢", `evil/${"x".repeat(150)}`];
  const numbers = [];
  for (const branch of branches) numbers.push(await github.openPullRequest({ branch, title }));
  const line = driver({ admission: { branches: { head: { exclude: ["evil/**"] } } } });
  const refused = await line.sync();
  expect([refused.exitCode, refused.json?.notes, refused.done]).toEqual([0, [], []]);
  for (const number of numbers) {
    const { comments } = await seen(number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain("evil/");
    expect(plainWords(comments[0] ?? "")).not.toMatch(/evil|mallory|everyone/);
  }
  line.settings = { admission: { ttl: "1h" } };
  github.wait(5);
  const made = await line.sync();
  expect([made.exitCode, made.json?.notes, made.done.length]).toEqual([0, [], branches.length]);
});

/** What of a text is neither code nor hidden. */
function plainWords(markdown: string): string {
  const words = (node: {
    readonly type: string;
    readonly value?: string;
    readonly children?: readonly never[];
  }): string =>
    node.type === "text" || node.type === "html" ? (node.value ?? "") : (node.children ?? []).map(words).join(" ");
  return words(fromMarkdown(markdown) as never);
}

test("20 pull requests at once make no storm: few requests at a time, one write at a time, in order", async () => {
  const numbers = await github.openMany(20);
  const line = driver({ concurrency: 8 });
  await expect.poll(() => github.busy.now, patience).toBe(0);
  Object.assign(github.busy, { most: 0, mostWriting: 0 });
  const from = github.asked.length;
  github.lies.tell(lie.slowAnswer(20, "issues/list-comments", "issues/create-comment"));
  const { exitCode, done, json } = await line.sync();
  expect([exitCode, done.length, json?.notes]).toEqual([0, 20, []]);
  expect(json?.outcomes.map(({ number }) => number)).toEqual(numbers);
  expect(line.world.busy.most).toBeLessThanOrEqual(8);
  expect(github.busy.mostWriting).toBe(1);
  expect(github.busy.most).toBeLessThanOrEqual(10);
  const created = github.asked.slice(from).filter(({ operationId }) => operationId === "issues/create-comment");
  expect(created.map(({ input }) => input["issue_number"])).toEqual(numbers);
  for (const number of [numbers[0] ?? 0, numbers[19] ?? 0]) {
    const { comments, deployments, statuses } = await seen(number);
    expect([comments.map(headline), deployments.map(({ states }) => states), statuses.at(-1)?.state]).toEqual([
      ["ready"],
      [["queued", "in_progress", "success"]],
      "success",
    ]);
  }
});

describe("a run with nothing to do", () => {
  test("makes one request that changes nothing, also as a new process that only has the memory", async () => {
    const numbers = [];
    for (let count = 0; count < 3; count++) numbers.push(await github.openPullRequest());
    const line = driver({ admission: { ttl: "24h", files: { exclude: ["docs/**"] } } });
    expect((await line.sync()).done).toHaveLength(3);
    // Our own comments are something that happened; once they were read they are known.
    github.wait(10);
    expect(writes((await line.sync()).asked)).toEqual([]);
    for (let run = 0; run < 2; run++) {
      const from = github.answered.length;
      const { asked, done, exitCode } = await line.sync();
      expect([exitCode, done, asked]).toEqual([0, [], ["pulls/list"]]);
      await expect.poll(() => github.answered.slice(from).map(({ status }) => status), patience).toEqual([304]);
    }
    line.memoryFile = drivers.freshMemory();
    const forgetful = await line.sync();
    expect([forgetful.exitCode, forgetful.done, writes(forgetful.asked)]).toEqual([0, [], []]);
    for (const operation of ["issues/list-comments", "repos/list-deployments", "repos/list-commit-statuses-for-ref"]) {
      expect(forgetful.asked.filter((one) => one === operation).length).toBeGreaterThanOrEqual(numbers.length);
    }
    github.wait(10);
    expect((await line.sync()).asked).toEqual(["pulls/list"]);
  });
});

test("another repository's previews in the same cluster cost nothing and are left alone", async () => {
  const number = await github.openPullRequest();
  const line = driver();
  await line.sync();
  const [own] = line.world.objects.values();
  if (!own) throw new Error("there is no preview");
  line.world.objects.set("pr-9000", { ...own, number: 9000, name: "pr-9000", repository: "acme/other" });
  github.wait(10);
  await line.sync();
  line.world.asked.length = 0;
  const { asked, done, exitCode } = await line.sync();
  expect([exitCode, done, asked, line.world.asked]).toEqual([0, [], ["pulls/list"], ["previews"]]);
  await github.close(number);
  expect((await line.sync({ full: true })).done).toEqual([`destroy pr-${number}`]);
});

describe("what GitHub will not take", () => {
  test("because of too much at once is a note, and is written when its time has come", async () => {
    const [first, second] = [await github.openPullRequest(), await github.openPullRequest()];
    const line = driver();
    const telling = github.lies.tell(lie.secondaryLimit(3600, "issues/create-comment"));
    const { exitCode, done, text } = await line.sync();
    expect([exitCode, done, telling.told]).toEqual([0, [`create pr-${first}`, `create pr-${second}`], 1]);
    expect(text).toMatch(
      /Note: the comments? on pull requests? \d+.* could not be written: .*secondary rate limit.*Nothing more is written in this run/,
    );
    telling.stop();
    const early = await line.sync();
    expect([early.exitCode, early.asked]).toEqual([1, []]);
    line.memoryFile = drivers.freshMemory();
    expect((await line.sync()).exitCode).toBe(0);
    for (const number of [first, second]) {
      const { comments, deployments } = await seen(number);
      expect([comments.map(headline), deployments.map(({ states }) => states.at(-1))]).toEqual([
        ["ready"],
        ["success"],
      ]);
    }
  });

  test("once is written all the same", async () => {
    const number = await github.openPullRequest();
    github.lies.tell(lie.serverError(502, "issues/create-comment"), 1);
    github.lies.tell(lie.secondaryLimit(1, "repos/create-deployment"), 1);
    github.lies.tell(lie.connectionReset("repos/create-commit-status"), 1);
    const { exitCode, json } = await driver().sync();
    expect([exitCode, json?.notes]).toEqual([0, []]);
    const { comments, deployments, statuses } = await seen(number);
    expect([comments.map(headline), deployments.map(({ states }) => states.at(-1)), statuses.at(-1)?.state]).toEqual([
      ["ready"],
      ["success"],
      "success",
    ]);
  });

  test("is not written twice when only the answer was lost", async () => {
    const number = await github.openPullRequest();
    github.lies.tell(lie.connectionReset("issues/create-comment"), 1);
    github.lies.tell(lie.connectionReset("repos/create-deployment"), 1);
    const { exitCode, json } = await driver().sync();
    expect([exitCode, json?.notes]).toEqual([0, []]);
    const { comments, deployments } = await seen(number);
    expect(comments.map(headline)).toEqual(["ready"]);
    expect(deployments).toMatchObject([{ states: ["queued", "in_progress", "success"] }]);
  });
});

test("a list that lacks what is open is no news for anybody", async () => {
  const number = await github.openPullRequest();
  const line = driver();
  await line.sync();
  const before = await seen(number);
  github.lies.tell(lie.emptyList());
  const { done, asked } = await line.sync();
  expect([done, writes(asked)]).toEqual([[], []]);
  expect(await seen(number)).toEqual(before);
});

test("a repository's new name makes no second comment", async () => {
  const number = await github.openPullRequest();
  const line = driver();
  await line.sync();
  await github.maintainer.rest.repos.update({ ...here, name: "application" });
  line.settings = { repository: "acme/application" };
  line.memoryFile = drivers.freshMemory();
  expect((await line.sync()).done).toEqual([`update pr-${number}`]);
  const { data } = await github.maintainer.rest.issues.listComments({ ...here, issue_number: number });
  expect(data.map(({ body = "" }) => headline(body))).toEqual(["ready"]);
});
