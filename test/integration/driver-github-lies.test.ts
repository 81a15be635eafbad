import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as lie from "../support/lies.ts";
import { startDrivers, startGitHubOfDriver, toldTo, tokenOf } from "./driver-github-world.ts";
import type { Driver, Drivers, GitHubOfDriver, RunResult } from "./driver-github-world.ts";
import { here, repository } from "./github-world.ts";

// Pull requests 41 and 42 are open and 43 was closed; the previews of all three run. Whatever is told, only 43 may go.

interface Case {
  readonly name: string;
  readonly lies: readonly lie.Lie[];
  /** How often each of them is told. Default: always. */
  readonly times?: number;
  /** Without what earlier runs remember. */
  readonly forgetful?: boolean;
  readonly command?: "gc";
  readonly exitCode: number;
  readonly says: readonly (string | RegExp)[];
  /** Whether 43 goes in spite of it. */
  readonly collected: boolean;
  /** The next run makes no request, on account of what this one remembers. */
  readonly remembered?: boolean;
}

const otherAnswer: lie.Lie = {
  about: ({ operationId, input }) => operationId === "pulls/get" && input["pull_number"] === 43,
  tell: (_request, truth) => truth({ pull_number: 42 }),
};
const notListed = "the pull request is open, though the list of open ones lacks it";
const farAway = new Date(Date.now() + 3_600_000);
const soon = () => new Date(Date.now() + 1000);

const cases: readonly Case[] = [
  { name: "the list is empty", lies: [lie.emptyList()], exitCode: 0, says: [notListed], collected: true },
  {
    name: "the list is empty, and the label is gone with it",
    lies: [lie.emptyList(), lie.permissionLost(404, "issues/get-label")],
    exitCode: 2,
    says: ['label: the repository has no label "preview"'],
    collected: false,
  },
  {
    name: "the list is empty, in a collection",
    lies: [lie.emptyList()],
    command: "gc",
    exitCode: 0,
    says: [notListed],
    collected: true,
  },
  { name: "the list is short", lies: [lie.shortList(41)], exitCode: 0, says: [notListed], collected: true },
  {
    name: "the list is that of another repository",
    lies: [lie.foreignList("contributor/app")],
    exitCode: 1,
    says: ['answered with pull requests of "contributor/app" instead of "acme/app"; nothing is decided on them'],
    collected: false,
  },
  {
    name: "the list is cut off",
    lies: [lie.truncatedBody("pulls/list")],
    exitCode: 1,
    says: [/github\.apiUrl: /],
    collected: false,
  },
  {
    name: "the connection breaks in the middle of the list",
    lies: [lie.brokenBody("pulls/list")],
    exitCode: 1,
    says: [/github\.apiUrl: /],
    collected: false,
  },
  {
    name: "the closed one is missing once",
    lies: [lie.missingPullRequest(43)],
    times: 1,
    exitCode: 1,
    says: ["pull request 43: 404, but the second look gave 200"],
    collected: false,
  },
  {
    name: "the closed one is missing, but its issue is there",
    lies: [lie.missingPullRequest(43)],
    exitCode: 1,
    says: ["pull request 43: 404, but its issue gave 200"],
    collected: false,
  },
  {
    name: "the closed one is missing, and its issue too",
    lies: [lie.missingPullRequest(43), lie.permissionLost(404, "issues/get")],
    exitCode: 0,
    says: ["GitHub knows no pull request 43 in acme/app (404, twice)"],
    collected: true,
  },
  {
    name: "an open one is missing everywhere but in the list",
    lies: [lie.missingPullRequest(41), lie.permissionLost(404, "issues/get")],
    exitCode: 0,
    says: [],
    collected: true,
  },
  {
    name: "the answer is about another pull request",
    lies: [otherAnswer],
    exitCode: 1,
    says: ["asked for pull request 43, GitHub answered with 42"],
    collected: false,
  },
  {
    name: "the answer about one is cut off",
    lies: [lie.truncatedBody("pulls/get")],
    exitCode: 1,
    says: [/pull request 43 could not be read: .*is no JSON or was cut off/],
    collected: false,
  },
  {
    name: "the connection breaks in the middle of the answer about one",
    lies: [lie.brokenBody("pulls/get")],
    exitCode: 1,
    says: [/pull request 43 could not be read: .*is no JSON or was cut off/],
    collected: false,
  },
  {
    name: "the server is in trouble once",
    lies: [lie.serverError(502, "pulls/list")],
    times: 1,
    exitCode: 0,
    says: [],
    collected: true,
  },
  {
    name: "the server is in trouble",
    lies: [lie.serverError(503)],
    exitCode: 1,
    says: [/github\.apiUrl: no usable answer from http:\S+: /],
    collected: false,
  },
  {
    name: "the server is in trouble with a single pull request",
    lies: [lie.serverError(500, "pulls/get")],
    exitCode: 1,
    says: ["pull request 43 could not be read: Server Error"],
    collected: false,
  },
  {
    name: "the server is in trouble with comments",
    lies: [lie.serverError(502, "issues/list-comments")],
    forgetful: true,
    exitCode: 1,
    says: ["its comments could not be read: no usable answer from"],
    collected: true,
  },
  {
    name: "the connection is reset once",
    lies: [lie.connectionReset("pulls/list")],
    times: 1,
    exitCode: 0,
    says: [],
    collected: true,
  },
  {
    name: "the connection is reset",
    lies: [lie.connectionReset()],
    exitCode: 1,
    says: [/github\.apiUrl: no usable answer from/],
    collected: false,
  },
  {
    name: "the token has lost its permission",
    lies: [lie.permissionLost(403)],
    exitCode: 2,
    says: ["GITHUB_TOKEN: the token may not read acme/app (403)"],
    collected: false,
  },
  {
    name: "the token has lost its permission on a private repository",
    lies: [lie.permissionLost(404)],
    exitCode: 2,
    says: ['repository: "acme/app" was not found', "or the token may not see it (404)"],
    collected: false,
  },
  {
    name: "the token has lost its permission after the list was read",
    lies: [lie.permissionLost(403, "pulls/get", "issues/get")],
    exitCode: 1,
    says: ["pull request 43 could not be read: Resource not accessible by personal access token"],
    collected: false,
  },
  {
    name: "the token has lost its permission on a private repository after the list was read",
    lies: [lie.permissionLost(404, "pulls/get", "issues/get", "repos/get")],
    exitCode: 1,
    says: ["pull request 43: 404, but the repository could not be read: Not Found"],
    collected: false,
  },
  {
    name: "the requests of the hour are used up halfway",
    lies: [{ ...lie.rateLimitExhausted(farAway), about: ({ operationId }) => operationId === "issues/list-comments" }],
    forgetful: true,
    exitCode: 1,
    says: [/its comments could not be read: .*rate limit/, /GitHub's rate limit is used up until/],
    collected: false,
    remembered: true,
  },
  {
    name: "a limit passes in a second",
    lies: [lie.secondaryLimit(1, "pulls/list")],
    times: 1,
    exitCode: 0,
    says: [],
    collected: true,
  },
  {
    name: "the requests of the hour are used up until in a second",
    lies: [lie.rateLimitExhausted(soon())],
    times: 1,
    exitCode: 0,
    says: [],
    collected: true,
  },
  {
    name: "the repository has another name",
    lies: [lie.renamed(repository, "acme/application")],
    exitCode: 2,
    says: ['repository: "acme/app" is called "acme/application" by now; set it to that, and its previews move along'],
    collected: false,
  },
];

const login = (index: number) => `driver-${index}`;
/** Those of the cases, and some more. */
const logins = Array.from({ length: cases.length + 4 }, (_, index) => login(index));

let github: GitHubOfDriver;
let drivers: Drivers;
const running = new Map<string, Driver>();

beforeAll(async () => {
  const more = logins.map((name) => ({ login: name, token: tokenOf(name), permission: "write" as const }));
  github = await startGitHubOfDriver({ more });
  drivers = await startDrivers(github);
  for (let count = 0; count < 3; count++) await github.openPullRequest();
  const fork = github.cloneUrl("contributor/app", tokenOf("contributor"));
  await github.git("push", "--quiet", fork, `${await github.newCommit()}:refs/heads/elsewhere`);
  const elsewhere = { owner: "contributor", repo: "app", title: "Elsewhere", head: "elsewhere", base: "main" };
  await github.as("contributor").rest.pulls.create(elsewhere);
  github.wait(10);
  for (const name of logins) {
    const driver = drivers.driver({ login: name });
    running.set(name, driver);
    const { done, exitCode } = await driver.sync();
    expect([exitCode, done.toSorted()]).toEqual([0, ["create pr-41", "create pr-42", "create pr-43"]]);
  }
  await github.close(43);
  github.wait(10);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

function driverOf(name: string): Driver {
  const driver = running.get(name);
  if (!driver) throw new Error(`there is no driver "${name}"`);
  return driver;
}

const collection = ["destroy pr-43"];

/** Once the truth is told, the closed one goes, and nothing else. */
async function recovers(driver: Driver, collected: boolean): Promise<void> {
  const { exitCode, done } = await driver.sync();
  expect([exitCode, done]).toEqual([0, collected ? [] : collection]);
}

describe.concurrent("nothing goes that is open, and what is wrong is said, when", () => {
  test.each(cases.map((one, index) => ({ ...one, login: login(index) })))("$name", async (one) => {
    const driver = driverOf(one.login);
    if (one.forgetful) driver.memoryFile = drivers.freshMemory();
    const tellings = one.lies.map((told) => github.lies.tell(toldTo(one.login, told), one.times));
    const { exitCode, text, done } = await (one.command === "gc" ? driver.gc() : driver.sync());
    expect(done).toEqual(one.collected ? collection : []);
    expect(exitCode, text).toBe(one.exitCode);
    for (const words of one.says) expect(text).toMatch(words);
    expect(tellings.every(({ told }) => told > 0) || one.says.length === 0).toBe(true);
    tellings.forEach((telling) => {
      telling.stop();
    });
    if (one.remembered) driver.memoryFile = drivers.freshMemory();
    await recovers(driver, one.collected);
  });
});

describe.concurrent("no request is made before the time that GitHub named, in the next run either:", () => {
  test.each([
    ["the requests of the hour are used up", login(cases.length), lie.rateLimitExhausted(farAway)],
    ["the same in another status", login(cases.length + 1), lie.rateLimitExhausted(farAway, 429)],
    ["too much at once", login(cases.length + 2), lie.secondaryLimit(3600)],
  ])("%s", async (_, name, told) => {
    const driver = driverOf(name);
    const telling = github.lies.tell(toldTo(name, told));
    const first = await driver.sync();
    expect([first.exitCode, first.done]).toEqual([1, []]);
    expect(first.text).toMatch(/github\.apiUrl: .*rate limit/);
    // Reading one after the other, the driver hears it once.
    expect(first.asked).toHaveLength(1);
    telling.stop();
    const second = await driver.sync();
    expect([second.exitCode, second.done, second.asked]).toEqual([1, [], []]);
    expect(second.text).toMatch(/github\.apiUrl: GitHub's rate limit is used up until 20\d\d-\d\d-\d\dT/);
    driver.memoryFile = drivers.freshMemory();
    await recovers(driver, false);
  });
});

describe.concurrent("an interruption is heard at once", () => {
  const name = login(cases.length + 3);
  const interrupted = async (told: lie.Lie): Promise<{ readonly result: RunResult; readonly ms: number }> => {
    const telling = github.lies.tell(toldTo(name, told));
    const interruption = new AbortController();
    const running = driverOf(name).sync({}, interruption.signal);
    await expect.poll(() => telling.told, { timeout: 30_000 }).toBeGreaterThan(0);
    const started = performance.now();
    interruption.abort(new Error("interrupted"));
    const result = await running;
    telling.stop();
    return { result, ms: performance.now() - started };
  };

  test("while GitHub is slow, while it wants to be left alone, and while the next attempt is waited for", async () => {
    const lies = [lie.slowAnswer(60_000), lie.secondaryLimit(50), lie.serverError(502)];
    for (const told of lies) {
      const { result, ms } = await interrupted(told);
      expect([result.exitCode, result.done]).toEqual([130, []]);
      expect(ms).toBeLessThan(3000);
    }
    await recovers(driverOf(name), false);
  });
});

describe("a repository that was renamed", () => {
  const settings = { repository: "acme/application" };

  test("is named, and under its new name its previews move along and its closed ones go", async () => {
    const driver = driverOf(login(cases.length + 3));
    const other = drivers.driver();
    await other.sync();
    await github.reopen(43);
    await other.sync();
    await github.close(43);
    await github.maintainer.rest.repos.update({ ...here, name: "application" });
    for (const one of [driver, other]) {
      const { exitCode, text, done } = await one.sync();
      expect([exitCode, done]).toEqual([2, []]);
      expect(text).toContain('repository: "acme/app" is called "acme/application" by now');
    }
    other.settings = settings;
    other.memoryFile = drivers.freshMemory();
    const { exitCode, text, done } = await other.sync();
    expect([exitCode, done.toSorted()]).toEqual([0, ["destroy pr-43", "update pr-41", "update pr-42"]]);
    expect(text).toMatch(/pr-41 +update +ok/);
    const { done: again } = await other.sync();
    expect(again).toEqual([]);
  });

  test("is told apart from one that took its old name", async () => {
    const driver = drivers.driver({ settings });
    await driver.sync();
    await github.maintainer.rest.repos.update({ owner: "acme", repo: "application", name: "applications" });
    const other = drivers.driver({ settings: { repository: "contributor/app" } });
    // The same cluster: the contributor's fork has a pull request 41 or none, and these previews are not its own.
    for (const [name, object] of driver.world.objects) other.world.objects.set(name, object);
    const { exitCode, done } = await other.sync();
    expect([exitCode, done]).toEqual([2, []]);
  });
});
