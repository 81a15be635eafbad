import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  startDrivers,
  startGitHubOfDriver,
  type Driver,
  type Drivers,
  type GitHubOfDriver,
  type Person,
} from "./driver-github-world.ts";
import { here } from "./github-world.ts";

let github: GitHubOfDriver;
let drivers: Drivers;
let driver: Driver;
/** A labelled pull request from the contributor's fork. */
let number: number;

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
});

beforeEach(async () => {
  driver = drivers.driver({ feedback: "comment" });
  number = await github.openPullRequest({ fork: true });
  github.wait(5);
});

afterEach(async () => {
  await github.close(number);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

/** The commit that runs after a sync, and the reason the plan gives. Time goes by before and after it. */
async function synced(): Promise<{ readonly sha: string | undefined; readonly reason: string }> {
  github.wait(5);
  const { json, exitCode, text } = await driver.sync();
  expect(exitCode, text).toBe(0);
  github.wait(5);
  const sha = driver.world.objects.get(`pr-${number}`)?.release?.sha;
  return { sha, reason: json?.pullRequests.find((row) => row.number === number)?.reason ?? "" };
}

const say = (login: Person, body: string) => github.say(login, number, body);

async function comment(): Promise<string> {
  const { data } = await github.maintainer.rest.issues.listComments({ ...here, issue_number: number });
  return data
    .filter(({ user }) => user?.login === "driver")
    .map(({ body = "" }) => body)
    .join("\n---\n");
}

async function review(login: Person, event: "APPROVE" | "REQUEST_CHANGES" | "COMMENT", commit?: string, body = "") {
  const review = { ...here, pull_number: number, event, body: body || `I ${event.toLowerCase()}` };
  const { data } = await github.as(login).rest.pulls.createReview({ ...review, ...(commit && { commit_id: commit }) });
  return data.id;
}

const refusedReason = (sha: string, why = "") =>
  `it comes from the fork contributor/app${why}; a maintainer approves this commit with "/preview approve ${sha}"`;

describe("a labelled pull request from a fork", () => {
  test("is refused, and its comment tells the line that approves this very commit", async () => {
    const head = await github.head(number);
    expect(await synced()).toEqual({ sha: undefined, reason: refusedReason(head) });
    const text = await comment();
    expect(text).toContain(`\`/preview approve ${head}\``);
    expect(text).toContain("Read the changes first");
    await say("maintainer", /`(\/preview approve [0-9a-f]+)`/.exec(text)?.[1] ?? "");
    expect(await synced()).toMatchObject({ sha: head });
    expect(await comment()).toContain("**Preview: ready**");
  });

  test("never runs where forks get none, and always where they are allowed", async () => {
    await say("maintainer", "/preview approve");
    driver.settings = { admission: { forks: "refuse" } };
    expect(await synced()).toEqual({
      sha: undefined,
      reason: "it comes from the fork contributor/app; forks get no preview",
    });
    driver.settings = { admission: { forks: "allow" } };
    await github.pushTo(number);
    expect(await synced()).toMatchObject({ sha: await github.head(number) });
  });

  test("from a fork that is gone is refused", async () => {
    const other = await github.as("stranger").rest.repos.createFork(here);
    const commit = await github.newCommit();
    const cloneUrl = github.cloneUrl(other.data.full_name, "stranger-token");
    await github.git("push", "--quiet", cloneUrl, `${commit}:refs/heads/gone`);
    const pull = { ...here, title: "Gone", head: "stranger:gone", base: "main" };
    const { data } = await github.as("stranger").rest.pulls.create(pull);
    await github.label(data.number, "preview");
    await github.as("stranger").rest.repos.delete({ owner: "stranger", repo: other.data.name });
    await say("maintainer", "/preview approve");
    const { json } = await driver.sync();
    expect(json?.pullRequests.find((row) => row.number === data.number)?.reason).toMatch(
      /^it comes from a fork that is gone; /,
    );
    expect(driver.world.done).toEqual([`create pr-${number}`]);
    await github.close(data.number);
  });
});

describe("an approval by a comment", () => {
  test.each([
    ["of the commit that is there", () => "/preview approve"],
    ["of the commit by its name", (sha: string) => `/preview approve ${sha}`],
    ["of the commit by its name in capitals", (sha: string) => `/Preview approve ${sha.toUpperCase()}`],
    ["of the commit by the start of its name", (sha: string) => `/preview approve ${sha.slice(0, 7)}`],
    ["among other words", (sha: string) => `Looks good to me.\n\n/preview approve ${sha}\n\nThank you!`],
  ])("%s lets it run, and a push withdraws it", async (_, words) => {
    const head = await github.head(number);
    await say("writer", words(head));
    expect(await synced()).toMatchObject({ sha: head });
    const next = await github.pushTo(number);
    const { sha, reason } = await synced();
    expect(sha).toBe(head);
    expect(reason).toContain(`"/preview approve ${next}"`);
    expect(reason).toContain("its preview stays as it is");
    expect(await comment()).toContain(`\`/preview approve ${next}\``);
  });

  test("of another commit counts for that one, even before it is there", async () => {
    const head = await github.head(number);
    const next = await github.newCommit();
    await say("writer", `/preview approve ${next}`);
    expect(await synced()).toEqual({
      sha: undefined,
      reason: refusedReason(head, "; @writer approved another commit"),
    });
    await github.forcePush(number, next);
    expect(await synced()).toMatchObject({ sha: next });
  });

  test.each([
    ["of a stranger", "stranger"],
    ["of its author", "contributor"],
    ["of somebody who may only triage", "triager"],
  ] as const)("%s does not count", async (_, login) => {
    const head = await github.head(number);
    await say(login, "/preview approve");
    await say(login, `/preview approve ${head}`);
    await review(login, "COMMENT", undefined, "/preview approve");
    if (login !== "contributor") await review(login, "APPROVE");
    expect(await synced()).toEqual({ sha: undefined, reason: refusedReason(head, `; @${login} may not approve it`) });
  });

  test("that was edited does not count", async () => {
    const head = await github.head(number);
    const id = await say("writer", "Nice.");
    github.wait(2);
    await github.as("writer").rest.issues.updateComment({ ...here, comment_id: id, body: `/preview approve ${head}` });
    expect(await synced()).toEqual({ sha: undefined, reason: refusedReason(head) });
  });

  test("given in the second of the push does not count unless it names the commit", async () => {
    const head = await github.head(number);
    await say("writer", "/preview approve");
    expect(await synced()).toMatchObject({ sha: head });
    const next = await github.still(async () => {
      const pushed = await github.pushTo(number);
      await say("writer", "/preview approve");
      return pushed;
    });
    expect(await synced()).toMatchObject({ sha: head, reason: expect.stringContaining("pushed to after") as string });
    await say("writer", `/preview approve ${next}`);
    expect(await synced()).toMatchObject({ sha: next });
  });

  test("does not come back with an earlier commit", async () => {
    const first = await github.head(number);
    const second = await github.pushTo(number);
    github.wait(5);
    await say("writer", "/preview approve");
    expect(await synced()).toMatchObject({ sha: second });
    await github.forcePush(number, first);
    const { sha, reason } = await synced();
    expect(sha).toBe(second);
    expect(reason).toMatch(/it was pushed to after @writer's approval; /);
    await say("writer", `/preview approve ${second}`);
    expect(await synced()).toMatchObject({ sha: second });
    await github.forcePush(number, second);
    expect(await synced()).toMatchObject({ sha: second, reason: `up to date at ${second.slice(0, 7)}` });
  });

  test("of what came after the look at the list is none of what the list showed", async () => {
    const head = await github.head(number);
    // By the time the comments are asked for, another commit is there, and that one is approved.
    const telling = github.lies.tell({
      about: ({ operationId }) => operationId === "issues/list-comments",
      tell: async (_request, truth) => {
        telling.stop();
        await github.pushTo(number);
        github.wait(5);
        await say("writer", "/preview approve");
        return truth();
      },
    });
    const { sha, reason } = await synced();
    expect([sha, telling.told]).toEqual([undefined, 1]);
    expect(reason).toContain(`approve ${head}`);
    expect(await synced()).toMatchObject({ sha: await github.head(number) });
  });
});

describe("an approval by a review", () => {
  test("counts for the commit it was given for, and a push withdraws it", async () => {
    const head = await github.head(number);
    await review("writer", "APPROVE");
    expect(await synced()).toMatchObject({ sha: head });
    const next = await github.pushTo(number);
    expect(await synced()).toMatchObject({ sha: head, reason: expect.stringContaining(`approve ${next}`) as string });
  });

  test("of an earlier commit does not count for the later one", async () => {
    const first = await github.head(number);
    const second = await github.pushTo(number);
    await review("writer", "APPROVE", first);
    expect(await synced()).toEqual({
      sha: undefined,
      reason: refusedReason(second, "; @writer approved another commit"),
    });
    await github.forcePush(number, first);
    expect(await synced()).toMatchObject({ sha: first });
  });

  test("that only comments counts with the command in it, for the commit that it names", async () => {
    const head = await github.head(number);
    await review("writer", "COMMENT", undefined, "I will look at it.");
    expect(await synced()).toMatchObject({ sha: undefined });
    await review("writer", "COMMENT", undefined, `Not this one, but\n\n/preview approve ${"0".repeat(40)}`);
    expect(await synced()).toMatchObject({ sha: undefined });
    await review("writer", "COMMENT", undefined, "Fine.\n\n/preview approve");
    expect(await synced()).toMatchObject({ sha: head });
  });

  test.each([
    [
      "dismissed",
      async (id: number) => {
        await github.maintainer.rest.pulls.dismissReview({
          ...here,
          pull_number: number,
          review_id: id,
          message: "no",
        });
      },
    ],
    [
      "followed by a request for changes",
      async () => {
        await review("writer", "REQUEST_CHANGES");
      },
    ],
  ])("that was %s does not count", async (_, takeBack) => {
    const head = await github.head(number);
    await takeBack(await review("writer", "APPROVE", undefined, "Fine.\n\n/preview approve"));
    expect(await synced()).toEqual({ sha: undefined, reason: refusedReason(head) });
  });

  test("is not taken back by what somebody else asks for", async () => {
    const head = await github.head(number);
    await review("writer", "APPROVE");
    await review("stranger", "REQUEST_CHANGES");
    await review("writer", "COMMENT", undefined, "And a word more.");
    expect(await synced()).toMatchObject({ sha: head });
  });
});
