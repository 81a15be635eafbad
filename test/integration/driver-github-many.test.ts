import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as lie from "../support/lies.ts";
import {
  startDrivers,
  startGitHubOfDriver,
  type Driver,
  type Drivers,
  type GitHubOfDriver,
} from "./driver-github-world.ts";

// 130 open pull requests, of which the last is closed once its preview runs.
const COUNT = 130;

let github: GitHubOfDriver;
let drivers: Drivers;
let numbers: readonly number[];
let driver: Driver;

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
  numbers = await github.openMany(COUNT);
  github.wait(10);
  driver = drivers.driver();
});

afterEach(() => {
  github.lies.stop();
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

/** Statuses of the requests that a piece of work makes, in numerical order: pages are asked for side by side. */
async function statuses(work: () => Promise<unknown>): Promise<readonly number[]> {
  const from = github.answered.length;
  const asked = github.asked.length;
  await work();
  await expect
    .poll(() => github.answered.length - from, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(github.asked.length - asked);
  return github.answered
    .slice(from)
    .map(({ status }) => status)
    .sort((one, other) => one - other);
}

describe("130 pull requests", () => {
  test("all get a preview in one run, in order", async () => {
    const { exitCode, done } = await driver.sync();
    expect(exitCode).toBe(0);
    expect(done).toEqual(numbers.map((number) => `create pr-${number}`));
  });

  test("cost two requests that change nothing, as long as nothing happens, in a process that has but the memory", async () => {
    for (let run = 0; run < 2; run++) {
      expect(await statuses(() => driver.sync())).toEqual([304, 304]);
    }
    driver.memoryFile = drivers.freshMemory();
    const { asked, done } = await driver.sync();
    expect(done).toEqual([]);
    expect(asked.length).toBeGreaterThan(COUNT);
    expect(await statuses(() => driver.sync())).toEqual([304, 304]);
  });

  test("cost one more when one of them changes: two looks must agree, and what is the same is free", async () => {
    const first = numbers[0] ?? 0;
    await github.unlabel(first, "preview");
    await github.label(first, "preview");
    github.wait(10);
    expect(await statuses(() => driver.sync())).toEqual([200, 304, 304, 304, 304]);
    expect(await statuses(() => driver.sync())).toEqual([304, 304]);
  });
});

describe("nothing goes that is open when", () => {
  const last = COUNT - 1;

  test("a page has shifted, and the one between two pages is looked at by itself", async () => {
    const between = numbers[100] ?? 0;
    github.lies.tell(lie.shiftedPage());
    const { exitCode, done, text } = await driver.sync();
    expect([exitCode, done]).toEqual([0, []]);
    expect(text).toMatch(
      new RegExp(`pr-${between} +hold +ok +.*the pull request is open, though the list of open ones lacks it`),
    );
  });

  test("a page shifts between two looks: the third tells which is right", async () => {
    github.lies.tell(lie.shiftedPage(), 1);
    driver.memoryFile = drivers.freshMemory();
    const { exitCode, done, text } = await driver.sync();
    expect([exitCode, done]).toEqual([0, []]);
    expect(text).not.toContain("lacks it");
  });

  test("a page comes twice: nothing is decided", async () => {
    github.lies.tell(lie.repeatedPage());
    driver.memoryFile = drivers.freshMemory();
    const { exitCode, done, text } = await driver.sync();
    expect([exitCode, done]).toEqual([1, []]);
    expect(text).toContain("the list of open pull requests changed each time it was read; nothing is decided on it");
  });

  test("while one that was closed goes", async () => {
    const closed = numbers[last] ?? 0;
    await github.close(closed);
    github.lies.tell(lie.shiftedPage());
    expect((await driver.sync()).done).toEqual([`destroy pr-${closed}`]);
    github.lies.stop();
    const { exitCode, done, text } = await driver.sync();
    expect([exitCode, done]).toEqual([0, []]);
    expect(text).not.toContain("lacks it");
  });
});
