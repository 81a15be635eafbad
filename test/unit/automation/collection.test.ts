import { beforeEach, describe, expect, test } from "vitest";
import { gcCommand } from "../../../automation/commands/gc.ts";
import type { ClusterPreview } from "../../../automation/cluster/cluster.ts";
import { plainPaint } from "../../../automation/report/table.ts";
import { decide, sync } from "../../../automation/sync.ts";
import { command, namespace, pullRequest, release, repository, sha } from "./samples.ts";
import { World, config } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World().add(pullRequest(41), pullRequest(42));
});

function objects(number: number, changes: Partial<ClusterPreview> = {}): void {
  const name = `pr-${number}`;
  world.objects.set(name, {
    number,
    app: undefined,
    name,
    repository,
    namespace,
    release: release(number),
    ...changes,
  });
}

const orphans = async () => (await decide(world.context, { full: true })).plan.orphans;

describe("an orphan is named and collected:", () => {
  beforeEach(() => {
    world.add(pullRequest(50, { state: "closed" }));
  });

  test("a stack without anything in the cluster", async () => {
    world.stacks.add("pr-50");
    expect(await orphans()).toEqual([
      { kind: "stack", name: "pr-50", reason: "the pull request is closed", action: "destroy" },
    ]);
    await sync(world.context);
    expect(world.done).toContain("destroy pr-50");
  });

  test("a namespace without a stack", async () => {
    objects(50, { release: undefined });
    expect(await orphans()).toMatchObject([{ kind: "namespace", name: "pr-50", action: "destroy" }]);
    const { outcomes } = await sync(world.context);
    expect(world.done.filter((what) => what.endsWith("pr-50"))).toEqual(["remove pr-50"]);
    expect(outcomes.find(({ name }) => name === "pr-50")).toMatchObject({ ok: true, receipt: { remains: [] } });
  });

  test("a release without either", async () => {
    objects(50, { namespace: undefined });
    expect(await orphans()).toMatchObject([{ kind: "release", name: "pr-50", action: "destroy" }]);
  });

  test("objects in the control namespace without anything else", async () => {
    world.controlObjects.push({ preview: "pr-50", object: "ServiceAccount app-preview/pr-50", repository });
    expect(await orphans()).toMatchObject([{ kind: "objects", name: "pr-50", action: "destroy" }]);
    await sync(world.context);
    expect(world.done).toContain("remove pr-50");
  });

  test("a whole preview under the repository's former name", async () => {
    world.formerNames.add("acme/old");
    world.stacks.add("pr-50");
    objects(50, { repository: "acme/old" });
    await sync(world.context);
    expect(world.done).toContain("destroy pr-50");
  });

  test("but not what another repository has", async () => {
    objects(50, { repository: "other/app" });
    expect(await orphans()).toEqual([]);
    await sync(world.context);
    expect(world.done.filter((what) => what.endsWith("pr-50"))).toEqual([]);
  });

  test("but not while its pull request cannot be read, and not what says nothing of its owner", async () => {
    world.broken.reading = true;
    objects(50);
    objects(51, { repository: undefined });
    expect(await orphans()).toMatchObject([
      { name: "pr-50", action: "hold", reason: "502" },
      { name: "pr-51", action: "hold", reason: "it does not say whose it is" },
    ]);
  });
});

test("what remains of a destroy is an error, and the next run tries again", async () => {
  await sync(world.context);
  world.add(pullRequest(42, { state: "closed" }));
  world.stuck.add("pr-42");
  const first = await sync(world.context);
  expect(first.outcomes.find(({ number }) => number === 42)).toMatchObject({
    ok: false,
    error: "there remains Namespace pr-42; the next run tries again",
    receipt: { remains: ["Namespace pr-42"] },
  });
  world.stuck.clear();
  world.done.length = 0;
  expect((await sync(world.context)).outcomes.find(({ number }) => number === 42)).toMatchObject({ ok: true });
  expect(world.done).toEqual(["remove pr-42"]);
});

test("an open pull request takes over its objects when its stack was lost", async () => {
  await sync(world.context);
  world.stacks.delete("pr-41");
  world.done.length = 0;
  await sync(world.context, { full: true });
  expect(world.done).toEqual(["adopt pr-41"]);
});

test("a namespace that only has the name of a preview is left alone", async () => {
  world.taken.add("pr-41");
  for (const full of [false, true]) {
    const { outcomes } = await sync(world.context, { full });
    expect(outcomes.find(({ number }) => number === 41)).toMatchObject({
      ok: false,
      error: 'the namespace "pr-41" is there already and is no preview\'s; it was left alone',
    });
  }
  expect(world.done).toEqual(["create pr-42"]);
});

test("a renamed repository's previews are brought up to date under its new name", async () => {
  await sync(world.context);
  world.settings = { ...config, repository: "acme/new" };
  world.formerNames.add(repository);
  for (const one of [...world.pullRequests.values()]) {
    world.add({ ...one, repository: "acme/new", head: { ...one.head, repository: "acme/new" } });
  }
  world.done.length = 0;
  await sync(world.context);
  expect(world.done).toEqual(["update pr-41", "update pr-42"]);
});

describe("gc", () => {
  beforeEach(async () => {
    await sync(world.context);
    world.add(pullRequest(42, { state: "closed" }), pullRequest(43), pullRequest(41, { sha: sha("beef") }));
    world.done.length = 0;
  });
  const gc = (dryRun: boolean) => gcCommand({ ...world.context, paint: plainPaint }, { dryRun });

  test("shows what it would collect, and does nothing", async () => {
    const { text: table, exitCode } = await gc(true);
    const text = table();
    expect(text).toMatch(/#42 .* destroy +the pull request is closed/);
    expect(text).toContain("nothing was changed");
    expect(text).not.toContain("#43");
    expect(exitCode).toBe(0);
    expect(world.done).toEqual([]);
  });

  test("collects and creates or updates nothing", async () => {
    await gc(false);
    expect(world.done).toEqual(["destroy pr-42"]);
  });
});

describe("a running preview ends while its pull request is open", () => {
  beforeEach(async () => {
    await sync(world.context);
    world.done.length = 0;
  });

  test("when it is stopped, and comes back when it is started", async () => {
    world.commands.set(42, [command("stop", "ada", "read")]);
    world.add(pullRequest(42, { updatedAt: "2026-01-02T00:00:00Z" }));
    await sync(world.context);
    await sync(world.context);
    expect(world.done).toEqual(["destroy pr-42"]);
    world.commands.set(42, [command("stop", "ada", "read"), command("start", "ada", "read")]);
    world.add(pullRequest(42, { updatedAt: "2026-01-03T00:00:00Z" }));
    await sync(world.context);
    expect(world.done).toEqual(["destroy pr-42", "create pr-42"]);
  });

  test("when it expires, and does not come back by itself", async () => {
    const { admission } = config;
    world.settings = { ...config, admission: { ...admission, ttl: "24h" } };
    world.pushes.set(42, new Date(world.clock - 25 * 3_600_000).toISOString());
    world.pushes.set(41, new Date(world.clock - 23 * 3_600_000).toISOString());
    await sync(world.context);
    await sync(world.context);
    expect(world.done).toEqual(["destroy pr-42"]);
    world.clock += 2 * 3_600_000;
    await sync(world.context);
    expect(world.done).toEqual(["destroy pr-42", "destroy pr-41"]);
  });
});

describe("the cap", () => {
  beforeEach(() => {
    world.settings = { ...config, admission: { ...config.admission, maxPreviews: 2 } };
  });
  const reasons = async () =>
    (await decide(world.context)).plan.pullRequests.map(({ number, reason }) => [number, reason]);

  test("holds newcomers back, oldest first, and names the holders", async () => {
    world.add(pullRequest(40), pullRequest(43));
    expect(await reasons()).toEqual([
      [40, 'it has the label "preview"'],
      [41, 'it has the label "preview"'],
      [42, "all 2 previews are taken, by pr-40, pr-41"],
      [43, "all 2 previews are taken, by pr-40, pr-41"],
    ]);
  });

  test("never stops an update and never evicts", async () => {
    await sync(world.context);
    world.add(pullRequest(7), pullRequest(41, { sha: sha("beef") }));
    world.done.length = 0;
    await sync(world.context);
    expect(world.done).toEqual(["update pr-41"]);
    expect(await reasons()).toContainEqual([7, "all 2 previews are taken, by pr-41, pr-42"]);
  });

  test("gives a place that became free to the next", async () => {
    await sync(world.context);
    world.add(pullRequest(43), pullRequest(41, { state: "closed" }));
    await sync(world.context);
    world.done.length = 0;
    await sync(world.context);
    expect(world.done).toEqual(["create pr-43"]);
  });
});

describe("several apps", () => {
  beforeEach(() => {
    const app = (name: string) => ({
      name,
      chart: { path: `./${name}/helm` },
      values: {},
      files: { include: [`${name}/**`], exclude: [] },
    });
    world.settings = { ...config, apps: [app("api"), app("web")] };
    world.files.set(41, ["api/main.go"]).set(42, ["api/a", "web/b"]);
  });

  test("have a preview each, where something of theirs changed", async () => {
    const { outcomes } = await sync(world.context);
    expect(world.done.toSorted()).toEqual(["create pr-41-api", "create pr-42-api", "create pr-42-web"]);
    expect(outcomes.map(({ name, action, url }) => [name, action, url])).toEqual([
      ["pr-41-api", "create", "http://kbot.example.com/pr-41-api"],
      ["pr-41-web", "hold", undefined],
      ["pr-42-api", "create", "http://kbot.example.com/pr-42-api"],
      ["pr-42-web", "create", "http://kbot.example.com/pr-42-web"],
    ]);
    expect(world.told.at(-1)?.previews.map(({ name }) => name)).toEqual(["pr-42-api", "pr-42-web"]);
  });

  test("all go when the pull request closes", async () => {
    await sync(world.context);
    world.add(pullRequest(42, { state: "closed" }));
    world.done.length = 0;
    await sync(world.context);
    expect(world.done.toSorted()).toEqual(["destroy pr-42-api", "destroy pr-42-web"]);
  });

  test("one that the settings no longer have stays, with the way to end it", async () => {
    await sync(world.context);
    world.settings = { ...world.settings, apps: world.settings.apps.slice(0, 1) };
    world.done.length = 0;
    const { plan } = await sync(world.context);
    expect(world.done).toEqual([]);
    expect(plan.actions.find(({ name }) => name === "pr-42-web")?.reason).toContain('have no app "web" any more');
  });
});

describe("the image gate", () => {
  const image = (number: number) => `ghcr.io/acme/app:${sha(String(number))}`;
  beforeEach(() => {
    world.settings = { ...config, admission: { ...config.admission, image: "ghcr.io/acme/app" } };
    world.images.set(image(42), { kind: "absent" });
  });

  test("makes a newcomer wait and lets a running preview stay", async () => {
    const first = await sync(world.context);
    expect(first.outcomes.map(({ action }) => action)).toEqual(["create", "hold"]);
    world.images.delete(image(42));
    await sync(world.context);
    world.add(pullRequest(42, { sha: sha("beef") }));
    world.images.set(`ghcr.io/acme/app:${sha("beef")}`, { kind: "absent" });
    world.done.length = 0;
    const { plan } = await sync(world.context);
    expect(world.done).toEqual([]);
    expect(plan.pullRequests[1]).toMatchObject({ verdict: "wait", action: "hold" });
  });

  test("asks nobody about an image that runs", async () => {
    world.images.clear();
    await sync(world.context);
    world.asked.length = 0;
    world.images.set(image(41), { kind: "absent" });
    expect((await sync(world.context)).outcomes.map(({ action }) => action)).toEqual(["keep", "keep"]);
    expect(world.asked.filter((question) => question.startsWith("image"))).toEqual([]);
  });
});

describe("a preview is Ready when its URL answers", () => {
  test("and says that it did", async () => {
    expect((await sync(world.context)).outcomes[0]).toMatchObject({ ok: true, answered: true });
  });

  test("and has failed when it does not in time", async () => {
    world.answers.set("kbot.example.com/pr-41", { kind: "not yet", why: "it answers 503" });
    const { outcomes } = await sync(world.context);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect(outcomes[0]?.error).toMatch(/pr-41 did not answer within 1 s: it answers 503/);
  });

  test("unless there is no way to ask", async () => {
    world.answers.set("kbot.example.com/pr-41", { kind: "unknown", why: "leads nowhere" });
    expect((await sync(world.context)).outcomes[0]).toMatchObject({ ok: true });
    expect((await sync(world.context)).outcomes[0]).not.toHaveProperty("answered");
  });
});

describe("a run with nothing to do", () => {
  beforeEach(async () => {
    world.settings = {
      ...config,
      admission: { ...config.admission, ttl: "1000h", files: { include: ["**"], exclude: [] } },
    };
    world.files.set(41, ["a"]).set(42, ["a"]);
    await sync(world.context);
    world.asked.length = 0;
  });

  test("asks for the list, the previews, and nothing else", async () => {
    await sync(world.context);
    expect(world.asked.toSorted()).toEqual(["list", "previews"]);
  });

  test("looks at the stacks once an hour, and when it is told to", async () => {
    world.clock += 3_600_001;
    await sync(world.context);
    expect(world.asked).toContain("stacks");
    world.asked.length = 0;
    await sync(world.context);
    expect(world.asked).not.toContain("stacks");
    await sync(world.context, { full: true });
    expect(world.asked).toContain("stacks");
  });

  test("asks again about the pull request to which something happened", async () => {
    world.add(pullRequest(42, { updatedAt: "2026-01-05T00:00:00Z" }));
    await sync(world.context);
    expect(world.asked.filter((question) => /41|42/.test(question))).toEqual([
      "commands 42",
      "push 42",
      "commit 42",
      "files 42",
    ]);
  });

  test("asks again what was asked in the second it changed", async () => {
    world.add(pullRequest(42, { updatedAt: new Date(world.clock - 500).toISOString() }));
    await sync(world.context);
    world.asked.length = 0;
    await sync(world.context);
    expect(world.asked).toContain("commands 42");
  });
});

describe("where the engine finds stacks by itself, a run does not look at them", () => {
  const looks = () => world.asked.filter((question) => question === "stacks").length;
  beforeEach(async () => {
    world.findsStacks = true;
    await sync(world.context);
    expect(looks()).toBe(1);
    world.asked.length = 0;
    world.done.length = 0;
  });

  test("to make what is new and to move what is there", async () => {
    world.add(pullRequest(43), pullRequest(42, { sha: sha("b") }));
    await sync(world.context);
    expect(world.done).toEqual(["update pr-42", "create pr-43"]);
    expect(looks()).toBe(0);
  });

  test.each<[string, () => void]>([
    ["to end one", () => void world.add(pullRequest(42, { state: "closed" }))],
    [
      "to mend one that is there in part",
      () => {
        objects(42, { release: undefined });
      },
    ],
    [
      "beside one that no open pull request accounts for",
      () => {
        objects(50);
      },
    ],
    ["an hour after the last look", () => void (world.clock += 3_600_001)],
    ["by an engine that does not", () => (world.findsStacks = false)],
  ])("but does %s", async (_, happens) => {
    world.add(pullRequest(43), pullRequest(50, { state: "closed" }));
    happens();
    await sync(world.context);
    expect(looks()).toBe(1);
    expect(world.done).toContain("create pr-43");
  });

  test("but does once after a run that failed", async () => {
    world.add(pullRequest(43));
    world.failing.add(43);
    await sync(world.context);
    expect(looks()).toBe(0);
    world.failing.clear();
    await sync(world.context);
    expect(looks()).toBe(1);
    world.add(pullRequest(44));
    await sync(world.context);
    expect(looks()).toBe(1);
  });

  test("but does after one that was killed", async () => {
    world.add(pullRequest(43));
    let killed: () => void = () => undefined;
    world.gate = () => new Promise((resolve) => (killed = resolve));
    const running = sync(world.context);
    await expect.poll(() => world.busy.now).toBe(1);
    world.gate = () => Promise.resolve();
    world.add(pullRequest(44));
    await sync(world.context);
    expect(looks()).toBe(1);
    killed();
    await running;
  });
});

test("comments that cannot be read hold one pull request, and the run has failed", async () => {
  world.broken.comments = true;
  const { outcomes } = await sync(world.context);
  expect(outcomes.map(({ ok, action }) => [action, ok])).toEqual([
    ["hold", false],
    ["hold", false],
  ]);
  expect(outcomes[0]?.reason).toBe("its comments could not be read: down");
});

test("people are told each step of a preview, and once what it came to", async () => {
  world.failing.add(42);
  await sync(world.context);
  const phases = (number: number) =>
    world.told.filter((one) => one.number === number).map(({ previews }) => previews[0]?.phase);
  expect(phases(41)).toEqual(["queued", "deploying", "ready"]);
  expect(phases(42)).toEqual(["queued", "deploying", "failed"]);
  expect(world.told.at(-1)?.previews[0]).toMatchObject({
    error: "ImagePullBackOff\nthe update failed",
    log: "app: no such file",
  });
});
