import { describe, expect, test } from "vitest";
import { BuildQueue } from "../../../sandbox/app-ci/build-queue.ts";
import { jobContext, jobsFrom, type Job } from "../../../sandbox/app-ci/jobs.ts";
import { BuildFailure, readVersion } from "../../../sandbox/app-ci/pipeline.ts";
import { shorten, type Status } from "../../../sandbox/app-ci/status.ts";

const sha = (digit: string) => digit.repeat(40);

describe("jobs", () => {
  const refs = (entries: Record<string, string>) =>
    Object.entries(entries)
      .map(([ref, digit]) => `${sha(digit)}\t${ref}\n`)
      .join("");

  test.each<{ name: string; listed: Record<string, string>; expected: readonly Job[] }>([
    { name: "nothing in an empty repository", listed: {}, expected: [] },
    {
      name: "one image for a commit, however many refs name it",
      listed: {
        HEAD: "a",
        "refs/heads/main": "a",
        "refs/heads/x/y": "b",
        "refs/pull/41/head": "b",
        "refs/pull/42/head": "c",
      },
      expected: [{ sha: sha("a") }, { sha: sha("b") }, { sha: sha("c") }],
    },
    {
      name: "releases first",
      listed: { "refs/heads/main": "b", "refs/tags/v1.2.3": "a", "refs/tags/v2.0.0-rc.1": "b" },
      expected: [
        { sha: sha("a"), release: "1.2.3" },
        { sha: sha("b"), release: "2.0.0-rc.1" },
        { sha: sha("b") },
        { sha: sha("a") },
      ],
    },
    {
      name: "the commit of an annotated tag, not its own object",
      listed: { "refs/tags/v1.0.0": "f", "refs/tags/v1.0.0^{}": "a" },
      expected: [{ sha: sha("a"), release: "1.0.0" }, { sha: sha("a") }],
    },
    {
      name: "other tags are no releases, nor are branches that look like one",
      listed: { "refs/tags/nightly": "a", "refs/tags/v1": "a", "refs/heads/v1.0.0": "b" },
      expected: [{ sha: sha("a") }, { sha: sha("b") }],
    },
  ])("$name", ({ listed, expected }) => {
    expect(jobsFrom(refs(listed))).toEqual(expected);
  });
});

describe("the build queue", () => {
  /** A registry and a git host in memory. */
  function world({ failing = [] as string[], broken = [] as string[], built = [] as string[] } = {}) {
    const runs: string[] = [];
    const statuses: Status[] = [];
    const done = new Set(built);
    const name = (job: Job) => `${job.sha[0] ?? ""} ${jobContext(job)}`;
    const options = {
      log: () => undefined,
      pipeline: {
        isDone: (job: Job) => Promise.resolve(done.has(name(job))),
        run: (job: Job) => {
          runs.push(name(job));
          if (failing.includes(name(job))) return Promise.reject(new BuildFailure("does not compile"));
          if (broken.includes(name(job))) return Promise.reject(new Error("no registry"));
          done.add(name(job));
          return Promise.resolve();
        },
      },
      statuses: {
        current: (commit: string, context: string) =>
          Promise.resolve(statuses.findLast((status) => status.sha === commit && status.context === context)?.state),
        report: (status: Status) => {
          statuses.push(status);
          return Promise.resolve();
        },
      },
    };
    const story = () => statuses.map(({ sha: [digit = ""], context, state }) => `${digit} ${context} ${state}`);
    return { options, runs, story };
  }

  const jobs: readonly Job[] = [{ sha: sha("a"), release: "1.0.0" }, { sha: sha("a") }, { sha: sha("b") }];

  test("announces all, then builds one after the other", async () => {
    const { options, runs, story } = world();
    const queue = new BuildQueue(options);
    while (await queue.step(jobs));
    expect(runs).toEqual(["a ci/release/v1.0.0", "a ci/image", "b ci/image"]);
    expect(story().slice(0, 3)).toEqual(["a ci/release/v1.0.0 pending", "a ci/image pending", "b ci/image pending"]);
    expect(story().slice(3)).toEqual(["a ci/release/v1.0.0 success", "a ci/image success", "b ci/image success"]);
    expect(await queue.step(jobs)).toBe(false);
  });

  test("a commit that does not build is said so once, and stops nobody", async () => {
    const { options, runs, story } = world({ failing: ["a ci/image"] });
    const queue = new BuildQueue(options);
    while (await queue.step(jobs));
    expect(runs).toEqual(["a ci/release/v1.0.0", "a ci/image", "b ci/image"]);
    expect(story()).toContain("a ci/image failure");
    expect(story().at(-1)).toBe("b ci/image success");
  });

  test("trouble of the machine is nobody's failure and is tried again", async () => {
    const trouble = ["b ci/image"];
    const { options, runs, story } = world({ broken: trouble });
    const queue = new BuildQueue(options);
    await expect(queue.step([{ sha: sha("b") }])).rejects.toThrow("no registry");
    trouble.pop();
    expect(await queue.step([{ sha: sha("b") }])).toBe(true);
    expect(runs).toEqual(["b ci/image", "b ci/image"]);
    expect(story()).toEqual(["b ci/image pending", "b ci/image success"]);
  });

  test("after a restart what is in the registry is only reported", async () => {
    const { options, runs, story } = world({ built: ["a ci/image"] });
    const queue = new BuildQueue(options);
    expect(await queue.step([{ sha: sha("a") }])).toBe(false);
    expect([runs, story()]).toEqual([[], ["a ci/image success"]]);
    expect(await new BuildQueue(options).step([{ sha: sha("a") }])).toBe(false);
    expect(story()).toHaveLength(1);
  });

  test("a branch that moved on before its turn is not built", async () => {
    const { options, runs } = world();
    const queue = new BuildQueue(options);
    await queue.step(jobs);
    while (await queue.step([{ sha: sha("c") }]));
    expect(runs).toEqual(["a ci/release/v1.0.0", "c ci/image"]);
  });
});

test.each([
  ["appVersion: 2.3.0", "2.3.0"],
  ["appVersion: '1.10'", "1.10"],
  ["appVersion: 1.10", "1.10"],
  ["appVersion: 2.0.0-rc.1", "2.0.0-rc.1"],
  ["appVersion: 1.0 -X main.commit=x", undefined],
  ["appVersion: -v", undefined],
  ["name: kbot", undefined],
  ["", undefined],
])("the version in %j is %s", (chart, expected) => {
  expect(readVersion(chart)).toBe(expected);
});

test("a description fits into GitHub's limit", () => {
  expect(shorten("  one\n\ttwo ")).toBe("one two");
  expect(shorten("x".repeat(200))).toHaveLength(140);
});
