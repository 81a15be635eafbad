import { beforeEach, describe, expect, test } from "vitest";
import { sharedObjects } from "../../../automation/cluster/shared-objects.ts";
import type { Conditioned } from "../../../automation/cluster/objects.ts";

/** An API server that notes what it is asked. Nothing is answered before it is let. */
class ApiServer {
  readonly asked: string[] = [];
  readonly aborted: string[] = [];
  readonly objects = new Map<string, Conditioned>();
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();

  readonly get = async (path: string, signal: AbortSignal): Promise<unknown> => {
    this.asked.push(path);
    signal.addEventListener("abort", () => this.aborted.push(path));
    await this.gate;
    signal.throwIfAborted();
    if (this.failure !== undefined) throw this.failure;
    if (path === "/things") return { items: [...this.objects.values()] };
    return this.objects.get(path.replace("/things/", ""));
  };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `pr-${index + 1}`);
const never = new AbortController().signal;

let server: ApiServer;
let things: ReturnType<typeof sharedObjects>;
beforeEach(() => {
  server = new ApiServer();
  for (const name of names(40)) server.objects.set(name, { metadata: { name } });
  things = sharedObjects(server, "/things");
});

const ask = (name: string, signal = never) => things.get(name, signal);
const nameOf = async (asked: Promise<Conditioned | undefined>) => (await asked)?.metadata?.name;

describe("asked about at once", () => {
  test("few objects are read one by one, each of them once", async () => {
    const found = await Promise.all(["pr-1", "pr-2", "pr-1", "pr-99"].map((name) => nameOf(ask(name))));
    expect(found).toEqual(["pr-1", "pr-2", "pr-1", undefined]);
    expect(server.asked.toSorted()).toEqual(["/things/pr-1", "/things/pr-2", "/things/pr-99"]);
  });

  test("many are read by one list, whoever they belong to", async () => {
    server.objects.set("pr-7", { metadata: { name: "pr-7", labels: { "app.kubernetes.io/managed-by": "Helm" } } });
    const found = await Promise.all([...names(40), "pr-99"].map((name) => ask(name)));
    expect(found.map((object) => object?.metadata?.name)).toEqual([...names(40), undefined]);
    expect(found[6]?.metadata?.labels).toBeDefined();
    expect(server.asked).toEqual(["/things"]);
  });
});

test("whoever asks alone waits for nobody", async () => {
  const begun = performance.now();
  for (const name of names(5)) await ask(name);
  expect(performance.now() - begun).toBeLessThan(100);
  expect(server.asked).toHaveLength(5);
});

test("many that wait ask seldom", async () => {
  const poll = async (name: string) => {
    for (const end = performance.now() + 1500; performance.now() < end;) {
      await ask(name);
      await new Promise((wake) => setTimeout(wake, 100));
    }
  };
  await Promise.all(
    names(40).map((name, index) => new Promise((wake) => setTimeout(wake, index)).then(() => poll(name))),
  );
  // Each for itself they would ask some 600 times.
  expect(server.asked.length).toBeLessThan(60);
});

test("an answer is as young as the question", async () => {
  let open: () => void = () => undefined;
  server.gate = new Promise((resolve) => (open = resolve));
  const early = ask("pr-1");
  await expect.poll(() => server.asked).toHaveLength(1);
  const late = ask("pr-1");
  await expect.poll(() => server.asked).toHaveLength(2);
  open();
  await Promise.all([early, late]);
});

describe("an abort", () => {
  test.each([2, 40])("of one among %s is its own alone", async (count) => {
    const one = new AbortController();
    let open: () => void = () => undefined;
    server.gate = new Promise((resolve) => (open = resolve));
    const asked = names(count).map((name, index) => ask(name, index === 0 ? one.signal : never));
    await expect.poll(() => server.asked.length).toBeGreaterThan(0);
    one.abort(new Error("enough"));
    await expect(asked[0]).rejects.toThrow("enough");
    open();
    expect(await Promise.all(asked.slice(1).map(nameOf))).toEqual(names(count).slice(1));
  });

  test("of all ends the request", async () => {
    const all = new AbortController();
    server.gate = new Promise(() => undefined);
    const asked = names(40).map((name) => ask(name, all.signal));
    const ended = Promise.allSettled(asked);
    await expect.poll(() => server.asked).toHaveLength(1);
    all.abort(new Error("enough"));
    expect((await ended).every(({ status }) => status === "rejected")).toBe(true);
    expect(server.aborted).toEqual(["/things"]);
  });

  test("before the question asks nothing", async () => {
    await expect(ask("pr-1", AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    expect(server.asked).toEqual([]);
  });
});

describe("a failure", () => {
  test("of a list is everybody's", async () => {
    server.failure = new Error("down");
    const ended = await Promise.allSettled(names(40).map((name) => ask(name)));
    expect(ended.every((one) => one.status === "rejected" && (one.reason as Error).message === "down")).toBe(true);
    server.failure = undefined;
    expect(await nameOf(ask("pr-1"))).toBe("pr-1");
  });
});
