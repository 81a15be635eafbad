import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sync } from "../../../automation/sync.ts";
import { isFork, type Command, type PullRequest } from "../../../automation/model.ts";
import { pullRequest, sha } from "./samples.ts";
import { World, config } from "./world.ts";

const NUMBERS = [1, 2, 3, 4, 5];
const MOST = 3;

type SyncKind =
  "sync" | "sync without list" | "sync without readings" | "sync with an empty list" | "sync with a short list";

/** What people and machines may do, in any order. */
type Step =
  | {
      readonly do: "open" | "fork" | "push" | "push back" | "close" | "reopen" | "label" | "unlabel";
      readonly number: number;
    }
  | { readonly do: "approve" | "approve sha" | "approve by a stranger"; readonly number: number }
  | { readonly do: SyncKind | "lose the memory" };

const number = fc.constantFrom(...NUMBERS);
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom("open", "fork", "push", "push back", "close", "reopen", "label", "unlabel"),
        number,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom("approve", "approve sha", "approve by a stranger"), number }),
    },
    { weight: 3, arbitrary: fc.constant({ do: "sync" }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "sync without list",
          "sync without readings",
          "sync with an empty list",
          "sync with a short list",
          "lose the memory",
        ),
      }),
    },
  ),
  { maxLength: 40, size: "max" },
);

/** What the outside knows to be right, kept apart from the driver: who approved which commit, and when it was pushed. */
class Story {
  readonly world = new World();
  readonly #approved = new Set<string>();
  readonly #pushed = new Map<number, { at: number; sha: string; before: string }>();
  #commits = 0;

  constructor() {
    this.world.workMs = 0;
    this.world.settings = { ...config, admission: { ...config.admission, maxPreviews: MOST } };
  }

  /** Whether this commit may run: it is the repository's own, or somebody who may has approved it at the time it was there. */
  mayRun(one: PullRequest): boolean {
    return !isFork(one) || this.#approved.has(`${one.number} ${one.head.sha}`);
  }

  async take(step: Step): Promise<void> {
    // Minutes lie between any two of them.
    this.world.clock += 60_000;
    switch (step.do) {
      case "open":
      case "fork":
        if (!this.world.pullRequests.has(step.number)) this.#open(step.number, step.do === "fork");
        return;
      case "push":
        this.#push(step.number, sha(`${step.number}${(++this.#commits).toString(16).padStart(6, "0")}`));
        return;
      case "push back":
        this.#push(step.number, this.#pushed.get(step.number)?.before);
        return;
      case "close":
        this.#change(step.number, { state: "closed" });
        return;
      case "reopen":
        this.#change(step.number, { state: "open" });
        return;
      case "label":
        this.#change(step.number, { labels: ["preview"] });
        return;
      case "unlabel":
        this.#change(step.number, { labels: [] });
        return;
      case "approve":
      case "approve sha":
      case "approve by a stranger":
        this.#approve(step.number, step.do);
        return;
      case "lose the memory":
        this.world.memory = new World().memory;
        return;
      case "sync":
      case "sync without list":
      case "sync without readings":
      case "sync with an empty list":
      case "sync with a short list":
        await this.#sync(step.do);
    }
  }

  #open(of: number, fromFork: boolean): void {
    const own = pullRequest(of);
    const head = fromFork ? { ...own.head, repository: "mallory/app" } : own.head;
    this.world.add({ ...own, author: fromFork ? "mallory" : "ada", head, updatedAt: this.#now });
    this.#pushed.set(of, { at: this.world.clock, sha: head.sha, before: head.sha });
    this.world.pushes.set(of, this.#now);
  }

  #push(of: number, to: string | undefined): void {
    const one = this.world.pullRequests.get(of);
    if (!one || to === undefined || one.state === "closed") return;
    this.#pushed.set(of, { at: this.world.clock, sha: to, before: one.head.sha });
    this.world.pushes.set(of, this.#now);
    // A push withdraws what was approved of the branch; an approval of the commit by its name is of that commit.
    this.#approved.forEach((key) => {
      if (key.startsWith(`${of} `) && !this.#named.has(key)) this.#approved.delete(key);
    });
    this.#change(of, { head: { ...one.head, sha: to } });
  }

  readonly #named = new Set<string>();

  #approve(of: number, how: "approve" | "approve sha" | "approve by a stranger"): void {
    const one = this.world.pullRequests.get(of);
    if (!one) return;
    const entitled = how !== "approve by a stranger";
    const named = how === "approve sha" ? { sha: one.head.sha } : {};
    const command: Command = {
      kind: "approve",
      author: "boss",
      permission: entitled ? "write" : "read",
      at: this.#now,
      ...named,
    };
    this.world.commands.set(of, [...(this.world.commands.get(of) ?? []), command]);
    if (entitled) this.#approved.add(`${of} ${one.head.sha}`);
    if (how === "approve sha") this.#named.add(`${of} ${one.head.sha}`);
    this.#change(of, {});
  }

  #change(of: number, changes: Partial<PullRequest>): void {
    const one = this.world.pullRequests.get(of);
    if (one) this.world.add({ ...one, ...changes, updatedAt: this.#now });
  }

  get #now(): string {
    return new Date(this.world.clock).toISOString();
  }

  async #sync(how: SyncKind): Promise<void> {
    const { world } = this;
    const before = new Map([...world.objects].map(([name, { release }]) => [name, release?.sha]));
    const { ports } = world;
    const listed = async (signal: AbortSignal) => {
      const all = await ports.github.openPullRequests(signal);
      return how === "sync with an empty list" ? [] : how === "sync with a short list" ? all.slice(1) : all;
    };
    world.broken.list = how === "sync without list";
    world.broken.reading = how === "sync without readings";
    const context = { ...world.context, ports: { ...ports, github: { ...ports.github, openPullRequests: listed } } };
    world.done.length = 0;
    await sync(context).catch((error: unknown) => {
      if (!world.broken.list) throw error;
    });
    Object.assign(world.broken, { list: false, reading: false });
    this.#check(before);
  }

  #check(before: ReadonlyMap<string, string | undefined>): void {
    const { world } = this;
    for (const what of world.done.filter((one) => one.startsWith("destroy"))) {
      expect(world.pullRequests.get(Number(what.slice("destroy pr-".length)))?.state, what).toBe("closed");
    }
    for (const [name, { number: of, release }] of world.objects) {
      const one = world.pullRequests.get(of);
      if (!one || release?.sha === before.get(name)) continue;
      expect(release?.sha, name).toBe(one.head.sha);
      expect(this.mayRun(one), `${name} runs ${String(release?.sha)}`).toBe(true);
    }
    expect(world.objects.size).toBeLessThanOrEqual(MOST);
  }

  /** Once nothing happens any more: everything that may run runs, nothing else was made, and a further run does nothing. */
  async settle(): Promise<void> {
    const { world } = this;
    for (let run = 0; run < 3; run++) await this.take({ do: "sync" });
    await this.take({ do: "sync" });
    expect(world.done).toEqual([]);
    const wanted = [...world.pullRequests.values()].filter(
      (one) => one.state === "open" && one.labels.length > 0 && this.mayRun(one),
    );
    const running = new Map([...world.objects.values()].map(({ number: of, release }) => [of, release?.sha]));
    const missing = wanted.filter((one) => running.get(one.number) !== one.head.sha);
    expect(missing.length === 0 || world.objects.size === MOST).toBe(true);
    expect([...running.keys()].filter((of) => world.pullRequests.get(of)?.state !== "open")).toEqual([]);
  }
}

describe("whatever happens, in whatever order,", () => {
  test("no unapproved commit runs, nothing open is destroyed, the cap holds, and a further run does nothing", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const story = new Story();
        for (const step of all) await story.take(step);
        await story.settle();
      }),
      { numRuns: 300 },
    );
  });
});
