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
let number: number;

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
});

beforeEach(() => {
  driver = drivers.driver({ feedback: "comment" });
});

afterEach(async () => {
  await github.close(number);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

async function open(options: Parameters<GitHubOfDriver["openPullRequest"]>[0] = {}): Promise<void> {
  number = await github.openPullRequest(options);
}

/** What a sync does, a while after what was said, and the reason the plan gives. */
async function synced(): Promise<{ readonly done: readonly string[]; readonly reason: string }> {
  github.wait(5);
  const { json, exitCode, text, done } = await driver.sync();
  expect(exitCode, text).toBe(0);
  github.wait(5);
  const reason = json?.pullRequests.find((row) => row.number === number)?.reason ?? "";
  return { done: done.map((what) => what.replace(` pr-${number}`, "")), reason };
}

const say = (login: Person, body: string) => github.say(login, number, body);

async function comments(): Promise<readonly string[]> {
  const { data } = await github.maintainer.rest.issues.listComments({ ...here, issue_number: number });
  return data.filter(({ user }) => user?.login === "driver").map(({ body = "" }) => body);
}

const missing = 'the label "preview" is missing';

describe("/preview", () => {
  test.each([
    ["maintainer", ["create"], "@maintainer asked for it"],
    ["writer", ["create"], "@writer asked for it"],
    ["triager", ["create"], "@triager asked for it"],
    ["contributor", [], missing],
    ["stranger", [], missing],
  ] as const)("of a %s stands for the label, or does not", async (login, done, reason) => {
    await open({ labels: [] });
    expect(await synced()).toEqual({ done: [], reason: missing });
    expect(await comments()).toEqual([]);
    await say(login, "/preview");
    expect(await synced()).toEqual({ done, reason });
    expect(await comments()).toHaveLength(done.length);
  });

  test("of an author who may set no label does not stand for it", async () => {
    await open({ fork: true, labels: [] });
    driver.settings = { admission: { forks: "allow" } };
    await say("contributor", "/preview");
    expect(await synced()).toEqual({ done: [], reason: missing });
  });

  test("can be made a matter of those who write", async () => {
    await open({ labels: [] });
    driver.settings = { admission: { commanders: "write" } };
    await say("triager", "/preview");
    expect(await synced()).toEqual({ done: [], reason: missing });
    await say("writer", "/preview");
    expect(await synced()).toEqual({ done: ["create"], reason: "@writer asked for it" });
  });
});

describe("/preview stop", () => {
  test("of its author ends what runs, and /preview of its author brings it back", async () => {
    await open({ fork: true });
    driver.settings = { admission: { forks: "allow" } };
    expect((await synced()).done).toEqual(["create"]);
    await say("contributor", "/preview stop");
    const stopped = "@contributor stopped it; /preview starts it again";
    expect(await synced()).toEqual({ done: ["destroy"], reason: stopped });
    expect((await comments())[0]).toContain("**Preview: stopped**");
    await github.pushTo(number);
    expect(await synced()).toEqual({ done: [], reason: stopped });
    await say("contributor", "/preview");
    expect(await synced()).toEqual({ done: ["create"], reason: 'it has the label "preview"' });
    expect(await comments()).toEqual([expect.stringContaining("**Preview: ready**")]);
  });

  test.each([
    ["triager", ["destroy"]],
    ["contributor", []],
    ["stranger", []],
  ] as const)("of a %s ends that of somebody else, or does not", async (login, done) => {
    await open();
    await synced();
    await say(login, "/preview stop");
    expect((await synced()).done).toEqual(done);
  });

  test("is taken back by those who may, not by others", async () => {
    await open();
    await synced();
    await say("maintainer", "/preview stop");
    await say("stranger", "/preview");
    expect((await synced()).done).toEqual(["destroy"]);
    await say("triager", "/preview");
    expect((await synced()).done).toEqual(["create"]);
  });
});

test("/preview keep counts the time anew, and a push does, too", async () => {
  await open();
  driver.settings = { admission: { ttl: "1h" } };
  const hour = 3600;
  expect((await synced()).done).toEqual(["create"]);
  github.wait(hour - 60);
  await say("stranger", "/preview keep");
  await say("triager", "/preview keep");
  github.wait(hour - 60);
  expect((await synced()).done).toEqual([]);
  github.wait(60);
  expect(await synced()).toMatchObject({
    done: ["destroy"],
    reason: expect.stringMatching(/^it expired at 20.*Z; /) as string,
  });
  expect((await comments())[0]).toContain("**Preview: expired**");
  expect((await synced()).done).toEqual([]);
  await github.pushTo(number);
  expect((await synced()).done).toEqual(["create"]);
  github.wait(hour);
  await github.label(number, "preview-keep");
  expect((await synced()).done).toEqual([]);
  await github.unlabel(number, "preview-keep");
  expect((await synced()).done).toEqual(["destroy"]);
});

test("what is no command does nothing, and what is one among other words does", async () => {
  const none = [
    "/preview please",
    "/preview stop it now",
    "You could say /preview stop here",
    "> /preview stop\n\nWhy would I?",
    "```\n```sh\n/preview stop\n```",
    "~~~\n/preview stop",
    "`/preview stop`",
  ];
  await open();
  await synced();
  for (const body of none) await say("maintainer", body);
  expect((await synced()).done).toEqual([]);
  await say("maintainer", "```\n/preview\n```\r\n/preview stop  \r\nBye.");
  expect((await synced()).done).toEqual(["destroy"]);
});

test("the driver's own comment is none, whatever it has to tell", async () => {
  await open({ fork: true, title: "\n/preview stop" });
  const head = await github.head(number);
  // A comment that is made and edited within a second does not show that it was edited.
  await github.still(() => driver.sync());
  const [text = ""] = await comments();
  expect(text).toContain(`/preview approve ${head}`);
  expect((await synced()).done).toEqual([]);
  await github.close(number);

  await open();
  driver.world.failing.add(number);
  const evil =
    "/preview stop\n```\n/preview stop\n````\n/preview stop\n~~~\n/preview stop\r/preview stop\u2028/preview stop";
  driver.world.logs.set(number, evil);
  driver.world.errors.set(number, `the update failed\n${evil}`);
  github.wait(5);
  const { exitCode } = await github.still(() => driver.sync());
  expect(exitCode).toBe(1);
  expect((await comments())[0]?.match(/\/preview stop/g)?.length).toBeGreaterThan(5);
  driver.world.failing.clear();
  expect((await synced()).done).toEqual(["update"]);
});
