import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startDrivers,
  startGitHubOfDriver,
  type Driver,
  type Drivers,
  type GitHubOfDriver,
} from "./driver-github-world.ts";

// 100 open pull requests: the one page is full, and its ETag does not tell whether another follows.
const COUNT = 100;

let github: GitHubOfDriver;
let drivers: Drivers;
let oldest: number;
let driver: Driver;

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
  const numbers = await github.openMany(COUNT + 1);
  oldest = numbers[0] ?? 0;
  await github.close(oldest);
  github.wait(10);
  driver = drivers.driver();
  expect((await driver.sync()).done).toHaveLength(COUNT);
  await driver.sync();
  await driver.sync();
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

async function statuses(): Promise<readonly number[]> {
  const from = github.answered.length;
  const { asked, done } = await driver.sync();
  expect(done).toEqual([]);
  await expect.poll(() => github.answered.length - from, { timeout: 30_000 }).toBeGreaterThanOrEqual(asked.length);
  return github.answered.slice(from).map(({ status }) => status);
}

describe("100 open pull requests", () => {
  test("cost one request that changes nothing, as long as nothing happens", async () => {
    expect(await statuses()).toEqual([304]);
    expect(await statuses()).toEqual([304]);
  });

  test("an old one that is opened again is seen, though it changes no page of those opened before it", async () => {
    await github.reopen(oldest);
    github.wait(10);
    expect((await driver.sync()).done).toEqual([`create pr-${oldest}`]);
    await driver.sync();
    await driver.sync();
    expect(await statuses()).toEqual([304, 304]);
  });

  test("and the page is full again when it closes", async () => {
    await github.close(oldest);
    expect((await driver.sync()).done).toEqual([`destroy pr-${oldest}`]);
    for (let run = 0; run < 3; run++) await driver.sync();
    expect(await statuses()).toEqual([304]);
    const next = await github.openPullRequest();
    github.wait(10);
    expect((await driver.sync()).done).toEqual([`create pr-${next}`]);
  });
});
