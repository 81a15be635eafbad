import { beforeEach, describe, expect, test } from "vitest";
import { ProblemsError } from "../../../automation/problem.ts";
import { sync, type DecideOptions } from "../../../automation/sync.ts";
import { pullRequest, sha } from "./samples.ts";
import { World, config } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World().add(pullRequest(41), pullRequest(42), pullRequest(43, { labels: [] }));
});

async function run(options: DecideOptions = {}) {
  world.done.length = 0;
  return sync(world.context, options);
}

describe("a sync", () => {
  test("creates what is missing, and then has nothing to do", async () => {
    const first = await run();
    expect(first.outcomes.map(({ name, action, ok }) => [name, action, ok])).toEqual([
      ["pr-41", "create", true],
      ["pr-42", "create", true],
      ["pr-43", "hold", true],
    ]);
    expect(first.outcomes[0]).toMatchObject({ sha: sha("41"), url: "http://kbot.example.com/pr-41" });
    const second = await run();
    expect(second.outcomes.map(({ action }) => action)).toEqual(["keep", "keep", "hold"]);
    expect(world.done).toEqual([]);
  });

  test("updates what was pushed to and nothing else", async () => {
    await run();
    world.add(pullRequest(41, { sha: sha("beef") }));
    await run();
    expect(world.done).toEqual(["update pr-41"]);
  });

  test("destroys what was closed, with a receipt", async () => {
    await run();
    world.add(pullRequest(42, { state: "closed" }));
    const { outcomes } = await run();
    expect(world.done).toEqual(["destroy pr-42"]);
    expect(outcomes.find(({ number }) => number === 42)).toMatchObject({ ok: true, receipt: { remains: [] } });
  });

  test("goes on when one preview fails, and names the cause that the cluster gives", async () => {
    world.failing.add(41);
    const { outcomes } = await run();
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true, true]);
    expect(outcomes[0]?.error).toBe("ImagePullBackOff\nthe update failed");
  });

  test("does not wait for a release that has failed twice, and waits for one that failed once", async () => {
    world.hanging.set(41, 2).set(42, 1);
    const syncing = run();
    await new Promise((wake) => setTimeout(wake, 1500));
    world.interruption.abort();
    const { outcomes } = await syncing;
    expect(outcomes[0]?.error).toContain("failed more than once");
    expect(outcomes[1]?.error).toContain("interrupted");
  });

  test("works on no more previews at once than it may", async () => {
    world.add(pullRequest(44), pullRequest(45), pullRequest(46));
    await run();
    expect(world.busy.most).toBe(2);
  });

  test("keeps the preview of a pull request that lost its label", async () => {
    await run();
    world.add(pullRequest(42, { labels: [] }));
    const { outcomes } = await run();
    expect(world.done).toEqual([]);
    expect(outcomes.find(({ number }) => number === 42)).toMatchObject({ action: "hold", ok: true });
  });
});

describe("nothing is destroyed", () => {
  beforeEach(async () => {
    await run();
    world.add(pullRequest(41, { state: "closed" }), pullRequest(42, { state: "closed" }));
  });

  test.each(["list", "engine", "cluster"] as const)("or done at all when the %s does not answer", async (part) => {
    world.broken[part] = true;
    await expect(run()).rejects.toThrow(ProblemsError);
    expect(world.done).toEqual([]);
  });

  test("when the pull requests themselves cannot be read", async () => {
    world.broken.reading = true;
    const { outcomes } = await run();
    expect(world.done).toEqual([]);
    expect(outcomes.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["pr-41", "pr-42"]);
  });

  test("when more would go than the brake allows, unless somebody agrees to it", async () => {
    world.settings = { ...config, maxDestroys: 1 };
    const { refusal, outcomes } = await run();
    expect(refusal).toMatch(/would destroy 2 of 2 previews \(pr-41, pr-42\).*--confirm-destroys 2/);
    expect(outcomes.map(({ action }) => action)).toEqual(["hold", "hold", "hold"]);
    expect(world.done).toEqual([]);
    await run({ confirmedDestroys: 1 });
    expect(world.done).toEqual([]);
    await run({ confirmedDestroys: 2 });
    expect(world.done).toEqual(["destroy pr-41", "destroy pr-42"]);
  });

  test("when the label that admits does not exist", async () => {
    world.labels.clear();
    await expect(run()).rejects.toThrow(/label: the repository has no label "preview"/);
    expect(world.done).toEqual([]);
  });

  test("after an interruption", async () => {
    world.interruption.abort();
    const { outcomes } = await run();
    expect(world.done).toEqual([]);
    expect(outcomes.filter(({ action }) => action === "destroy").map(({ error }) => error)).toEqual([
      "interrupted before it began",
      "interrupted before it began",
    ]);
  });
});

test("every part that does not answer is named at once", async () => {
  world.broken.list = true;
  world.broken.cluster = true;
  await expect(run()).rejects.toMatchObject({
    exitCode: 1,
    problems: [{ key: "github.apiUrl" }, { key: "kubernetes" }],
  });
});
