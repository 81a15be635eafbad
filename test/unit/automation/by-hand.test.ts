import { beforeEach, describe, expect, test } from "vitest";
import type { CommandContext } from "../../../automation/commands/command.ts";
import { destroyCommand } from "../../../automation/commands/destroy.ts";
import { upCommand } from "../../../automation/commands/up.ts";
import { plainPaint } from "../../../automation/report/table.ts";
import { pullRequest } from "./samples.ts";
import { World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World().add(pullRequest(41), pullRequest(43, { labels: [] }), pullRequest(50, { state: "closed" }));
});

const context = (): CommandContext => ({ ...world.context, paint: plainPaint });
const up = (number: number, dryRun = false) => upCommand(context(), { number, app: undefined, dryRun });
const destroy = (number: number, force = false) =>
  destroyCommand(context(), { number, app: undefined, force, dryRun: false });

describe("up", () => {
  test("touches this preview alone", async () => {
    await up(41);
    expect(world.done).toEqual(["create pr-41"]);
  });

  test("does without the label, and says so", async () => {
    expect((await up(43, true)).text()).toContain('asked for by hand, though the label "preview" is missing');
    await up(43);
    expect(world.done).toEqual(["create pr-43"]);
  });

  test.each([
    [50, /pull request 50 of acme\/app is closed/],
    [99, /404/],
  ])("refuses %i", async (number, message) => {
    await expect(up(number)).rejects.toThrow(message);
    await expect(up(number)).rejects.toMatchObject({ exitCode: 2 });
    expect(world.done).toEqual([]);
  });
});

describe("destroy", () => {
  beforeEach(async () => {
    await up(41);
    world.done.length = 0;
  });

  test("does nothing where there is nothing", async () => {
    expect(await destroy(50)).toMatchObject({ exitCode: 0 });
    expect(world.done).toEqual([]);
  });

  test("ends a closed pull request's preview", async () => {
    world.add(pullRequest(41, { state: "closed" }));
    expect(await destroy(41)).toMatchObject({ exitCode: 0 });
    expect(world.done).toEqual(["destroy pr-41"]);
  });

  test("ends one whose number GitHub does not know, asked twice", async () => {
    world.pullRequests.clear();
    expect(await destroy(41)).toMatchObject({ exitCode: 0 });
    expect(world.done).toEqual(["destroy pr-41"]);
  });

  test.each([
    ["an open one", () => undefined, /pr-41 was not destroyed: pull request 41 is open; add --force/],
    ["an unreadable one", () => (world.broken.reading = true), /not destroyed: 502; add --force/],
  ])("takes force for %s", async (_, prepare, message) => {
    prepare();
    await expect(destroy(41)).rejects.toThrow(message);
    await expect(destroy(41)).rejects.toMatchObject({ exitCode: 3 });
    expect(world.done).toEqual([]);
    await destroy(41, true);
    expect(world.done).toEqual(["destroy pr-41"]);
  });
});
