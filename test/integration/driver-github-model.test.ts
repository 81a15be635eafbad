import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as lie from "../support/lies.ts";
import {
  startDrivers,
  startGitHubOfDriver,
  type Driver,
  type Drivers,
  type GitHubOfDriver,
} from "./driver-github-world.ts";
import { here } from "./github-world.ts";

/** Pull requests of one run: of the repository itself, and of a fork. */
const OWN = [0];
const FORKED = [1, 2];
const MOST = 2;
const RUNS = 15;
const STEPS = 12;
/** No run begins later than this; what was tried by then counts. */
const ENOUGH_MS = 45_000;

type Trouble = "nothing" | "no list" | "an empty list" | "a short list" | "no readings" | "no comments";

/** What people and machines may do, in any order. */
type Step =
  | { readonly do: "push" | "push back" | "close" | "reopen" | "label" | "unlabel"; readonly which: number }
  | { readonly do: "approve" | "approve sha" | "review" | "approve by a stranger"; readonly which: number }
  | { readonly do: "sync"; readonly trouble: Trouble }
  | { readonly do: "lose the memory" };

const which = fc.oneof(
  { weight: 2, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.constantFrom(...OWN, ...FORKED) },
);
const onGitHub = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("push", "push back", "close", "reopen", "label", "unlabel"), which }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("approve", "approve", "approve sha", "review", "approve by a stranger"),
      which: which.map((one) => (FORKED.includes(one) ? one : FORKED[1])),
    }),
  },
);
const byDriver = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("sync"), trouble: fc.constant("nothing") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("sync"),
      trouble: fc.constantFrom("no list", "an empty list", "a short list", "no readings", "no comments"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose the memory") }) },
);
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: onGitHub }, { weight: 2, arbitrary: byDriver }), {
  minLength: 8,
  maxLength: STEPS,
  size: "max",
}) as fc.Arbitrary<readonly Step[]>;

const sync: Step = { do: "sync", trouble: "nothing" };
const fork = (what: "push" | "push back" | "approve" | "approve sha" | "review"): Step => ({ do: what, which: 1 });

/** What went wrong elsewhere, tried first. */
const examples: [readonly Step[]][] = [
  [[fork("approve"), fork("push"), sync, fork("push back"), sync]],
  [[fork("approve"), sync, fork("push"), sync, fork("approve"), sync, fork("push back"), sync]],
  [[fork("review"), fork("push"), sync, fork("approve sha"), fork("push"), sync, fork("push back"), sync]],
];

let github: GitHubOfDriver;
let drivers: Drivers;

beforeAll(async () => {
  github = await startGitHubOfDriver();
  drivers = await startDrivers(github);
});

afterAll(async () => {
  await drivers.stop();
  await github.stop();
});

/** A pull request as whoever looks on knows it. */
interface Known {
  readonly number: number;
  readonly fork: boolean;
  open: boolean;
  labelled: boolean;
  head: string;
  before: string;
}

/** What the outside knows to be right, kept apart from the driver: who approved which commit while it was there. */
class Story {
  readonly #driver: Driver;
  readonly #all: readonly Known[];
  /** By number and commit; those that were approved by the commit's own name stay so after a push. */
  readonly #approved = new Set<string>();
  readonly #named = new Set<string>();

  constructor(all: readonly Known[]) {
    this.#all = all;
    this.#driver = drivers.driver({ settings: { admission: { maxPreviews: MOST }, maxDestroys: 100 } });
  }

  async take(step: Step): Promise<void> {
    // Minutes lie between any two of them.
    github.wait(60);
    if (step.do === "sync") {
      await this.#sync(step.trouble);
    } else if (step.do === "lose the memory") {
      this.#driver.memoryFile = drivers.freshMemory();
    } else {
      const one = this.#all[step.which];
      if (one) await this.#happens(step.do, one);
    }
  }

  async #happens(what: Exclude<Step["do"], "sync" | "lose the memory">, one: Known): Promise<void> {
    const { number, head } = one;
    switch (what) {
      case "push":
        if (one.open) this.#moved(one, await github.pushTo(number));
        return;
      case "push back":
        if (!one.open || one.before === head) return;
        await github.forcePush(number, one.before);
        this.#moved(one, one.before);
        return;
      case "close":
        await github.close(number);
        one.open = false;
        return;
      case "reopen":
        await github.reopen(number);
        one.open = true;
        return;
      case "label":
        await github.label(number, "preview");
        one.labelled = true;
        return;
      case "unlabel":
        if (one.labelled) await github.unlabel(number, "preview");
        one.labelled = false;
        return;
      case "approve":
        await github.say("writer", number, "/preview approve");
        this.#approved.add(key(one));
        return;
      case "approve sha":
        await github.say("writer", number, `/preview approve ${head}`);
        this.#named.add(key(one));
        return;
      case "review":
        await github.as("writer").rest.pulls.createReview({ ...here, pull_number: number, event: "APPROVE" });
        this.#named.add(key(one));
        return;
      case "approve by a stranger":
        await github.say("stranger", number, `/preview approve ${head}`);
    }
  }

  #moved(one: Known, to: string): void {
    this.#approved.delete(key(one));
    one.before = one.head;
    one.head = to;
    // A commit that comes back is another push.
    this.#approved.delete(key(one));
  }

  /** Whether its head may run: it is the repository's own, or somebody who may has approved it while it was there. */
  #mayRun(one: Known): boolean {
    return !one.fork || this.#approved.has(key(one)) || this.#named.has(key(one));
  }

  async #sync(trouble: Trouble): Promise<readonly string[]> {
    const before = this.#running();
    const told = this.#lie(trouble);
    if (told) github.lies.tell(told);
    const { done, exitCode, text } = await this.#driver.sync();
    github.lies.stop();
    if (trouble === "nothing") expect(exitCode, text).toBe(0);
    this.#check(before, done);
    return done;
  }

  #lie(trouble: Trouble): lie.Lie | undefined {
    const first = this.#all.find(({ open }) => open)?.number ?? 0;
    switch (trouble) {
      case "nothing":
        return undefined;
      case "no list":
        return lie.permissionLost(404, "pulls/list");
      case "an empty list":
        return lie.emptyList();
      case "a short list":
        return lie.shortList(first);
      case "no readings":
        return lie.permissionLost(403, "pulls/get", "issues/get");
      case "no comments":
        return lie.permissionLost(403, "issues/list-comments");
    }
  }

  #running(): ReadonlyMap<number, string | undefined> {
    return new Map([...this.#driver.world.objects.values()].map(({ number, release }) => [number, release?.sha]));
  }

  #check(before: ReadonlyMap<number, string | undefined>, done: readonly string[]): void {
    const find = (number: number) => this.#all.find((one) => one.number === number);
    for (const what of done.filter((one) => one.startsWith("destroy"))) {
      expect(find(Number(what.slice("destroy pr-".length)))?.open, what).toBe(false);
    }
    const after = this.#running();
    for (const [number, sha] of after) {
      const one = find(number);
      if (!one || sha === before.get(number)) continue;
      expect(sha, `pr-${number}`).toBe(one.head);
      expect(this.#mayRun(one), `pr-${number} runs ${String(sha)}`).toBe(true);
    }
    expect(after.size).toBeLessThanOrEqual(MOST);
  }

  /** Once nothing happens any more: everything that may run runs, nothing else was made, and a further run does nothing. */
  async settle(): Promise<void> {
    for (let run = 0; run < 2; run++) await this.take({ do: "sync", trouble: "nothing" });
    github.wait(60);
    expect(await this.#sync("nothing")).toEqual([]);
    const running = this.#running();
    const wanted = this.#all.filter((one) => one.open && one.labelled && this.#mayRun(one));
    const missing = wanted.filter((one) => running.get(one.number) !== one.head);
    expect(missing.length === 0 || running.size === MOST, JSON.stringify([missing, ...running])).toBe(true);
    const closed = this.#all.filter((one) => !one.open).map(({ number }) => number);
    expect([...running.keys()].filter((number) => closed.includes(number))).toEqual([]);
    github.wait(60);
    const { asked } = await this.#driver.sync();
    expect(asked.filter((operation) => operation !== "pulls/list" && operation !== "issues/get-label")).toEqual([]);
  }
}

function key({ number, head }: Pick<Known, "number" | "head">): string {
  return `${number} ${head}`;
}

async function begin(): Promise<readonly Known[]> {
  const all: Known[] = [];
  for (const index of [...OWN, ...FORKED]) {
    const fork = FORKED.includes(index);
    const number = await github.openPullRequest({ fork });
    const head = await github.head(number);
    all.push({ number, fork, open: true, labelled: true, head, before: head });
  }
  return all;
}

test("whatever happens, no unapproved commit runs, nothing open goes, the cap holds, and a further run does nothing", async () => {
  const enough = performance.now() + ENOUGH_MS;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      if (performance.now() > enough) return;
      runs++;
      const all = await begin();
      const story = new Story(all);
      try {
        for (const step of taken) await story.take(step);
        await story.settle();
      } finally {
        github.lies.stop();
        for (const { number } of all) await github.close(number);
      }
    }),
    { numRuns: RUNS, endOnFailure: true, examples },
  );
  expect(runs).toBeGreaterThan(2);
});
