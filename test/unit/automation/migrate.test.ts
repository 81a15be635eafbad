import { beforeEach, describe, expect, test } from "vitest";
import { migrateCommand, type MigrateOptions } from "../../../automation/commands/migrate.ts";
import { PreviewError, type Engine } from "../../../automation/engines/engine.ts";
import { plainPaint } from "../../../automation/report/table.ts";
import { namespace, pullRequest, release, repository, sha } from "./samples.ts";
import { World } from "./world.ts";

/** The engine that is moved from: its stacks, and what it was asked to do, in one list with the world's. */
class OldEngine {
  readonly stacks = new Set<string>();
  readonly #world: World;
  failsToForget = false;

  constructor(world: World) {
    this.#world = world;
  }

  get engine(): Engine {
    const { engine } = this.#world.ports;
    return {
      ...engine,
      stacks: () => Promise.resolve([...this.stacks]),
      yield: (name) => {
        this.#world.done.push(`yield ${name}`);
        return Promise.resolve();
      },
      forget: (name) => {
        this.#world.done.push(`forget ${name}`);
        if (this.failsToForget) return Promise.reject(new PreviewError("the stack is locked"));
        this.stacks.delete(name);
        return Promise.resolve();
      },
    };
  }
}

let world: World;
let old: OldEngine;

beforeEach(() => {
  world = new World().add(pullRequest(41, { sha: sha("fed") }), pullRequest(42));
  world.settings = { ...world.settings, engine: "flux" };
  old = new OldEngine(world);
  for (const number of [41, 42]) {
    const name = `pr-${number}`;
    old.stacks.add(name);
    const parts = { namespace, release: release(number), repository, otherEngine: "automation" };
    world.objects.set(name, { number, app: undefined, name, ...parts });
  }
});

const migrate = (changes: Partial<MigrateOptions> = {}) =>
  migrateCommand(
    { ...world.context, paint: plainPaint },
    { to: "flux", from: old.engine, numbers: [], dryRun: false, ...changes },
  );

interface Json {
  readonly ok: boolean;
  readonly outcomes: readonly {
    readonly name: string;
    readonly action: string;
    readonly ok: boolean;
    readonly error?: string;
  }[];
}

describe("migrate", () => {
  test("hands each over before the old engine forgets it, at the commit that it shows", async () => {
    const { exitCode, json } = await migrate();
    expect(exitCode).toBe(0);
    expect((json as Json).outcomes.map(({ name, action, ok }) => [name, action, ok])).toEqual([
      ["pr-41", "move", true],
      ["pr-42", "move", true],
    ]);
    expect(world.done.filter((step) => step.endsWith("pr-41"))).toEqual(["yield pr-41", "adopt pr-41", "forget pr-41"]);
    expect(world.objects.get("pr-41")?.release?.sha).toBe(sha("41"));
    expect(old.stacks.size).toBe(0);
  });

  test("does nothing the second time", async () => {
    await migrate();
    world.done.length = 0;
    const { exitCode, json } = await migrate();
    expect(exitCode).toBe(0);
    expect((json as Json).outcomes.map(({ action }) => action)).toEqual(["keep", "keep"]);
    expect(world.done).toEqual([]);
  });

  test("moves only the pull requests that it is told", async () => {
    await migrate({ numbers: [42] });
    expect([...old.stacks]).toEqual(["pr-41"]);
  });

  test("dry, changes nothing", async () => {
    const { text, exitCode } = await migrate({ dryRun: true });
    expect(exitCode).toBe(0);
    expect(text()).toContain("Dry run: nothing was changed.");
    expect(world.done).toEqual([]);
  });

  test("one that cannot be taken over stays with the old engine, and stops no other", async () => {
    world.failing.add(41);
    const { exitCode, json, text } = await migrate();
    expect(exitCode).toBe(1);
    expect(text()).toContain("pr-41: move to the flux engine failed: the update failed");
    expect((json as Json).outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect([...old.stacks]).toEqual(["pr-41"]);
  });

  test("broken off after the handing over, it is completed by the next run", async () => {
    old.failsToForget = true;
    expect((await migrate()).exitCode).toBe(1);
    expect(old.stacks.size).toBe(2);
    old.failsToForget = false;
    world.done.length = 0;
    expect((await migrate()).exitCode).toBe(0);
    expect(world.done.filter((step) => step.endsWith("pr-41"))).toEqual([
      "yield pr-41",
      "update pr-41",
      "forget pr-41",
    ]);
    expect(old.stacks.size).toBe(0);
  });

  test("interrupted, it says that it can be completed", async () => {
    world.gate = () => {
      world.interruption.abort();
      return Promise.resolve();
    };
    const { exitCode, text } = await migrate();
    expect(exitCode).toBe(130);
    expect(text()).toContain("Running it again completes what was begun.");
  });

  test("what cannot be read is not moved", async () => {
    world.broken.reading = true;
    const { exitCode } = await migrate();
    expect(exitCode).toBe(1);
    expect(world.done).toEqual([]);
  });
});
