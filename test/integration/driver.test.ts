import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { documentedLines, documentedScript, runLines } from "../support/documented.ts";
import { kubernetesClient } from "../support/kubernetes-client.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { startDriverWorld, type Driver, type DriverWorld } from "../support/driver-world.ts";

interface SyncJson {
  readonly ok: boolean;
  readonly outcomes: readonly {
    readonly number: number;
    readonly action: string;
    readonly ok: boolean;
    readonly error?: string;
    readonly receipt?: { readonly removed: readonly string[]; readonly remains: readonly string[] };
  }[];
  readonly orphans: readonly { readonly kind: string; readonly name: string; readonly action: string }[];
}

const obstacle = sandboxObstacle();

// One world, told as one story: each test starts from where the one before it ended.
describe.skipIf(obstacle !== undefined)(
  "the driver, with the real engine and a real API server",
  { timeout: 300_000 },
  () => {
    let world: DriverWorld;
    beforeAll(async () => {
      world = await startDriverWorld();
      expect([await world.open("one"), await world.open("two"), await world.open("three", [])]).toEqual([41, 42, 43]);
    });
    afterAll(() => world.stop());
    afterEach(() => {
      world.flux.failing.clear();
      world.flux.paused = false;
    });

    async function sync(expectedExit = 0): Promise<SyncJson> {
      const { stdout, stderr, exitCode } = await world.previews(["sync", "--json"]);
      expect(exitCode, `${stderr}\n${stdout}`).toBe(expectedExit);
      return JSON.parse(stdout) as SyncJson;
    }
    const actions = ({ outcomes }: SyncJson) =>
      Object.fromEntries(outcomes.map(({ number, action }) => [number, action]));
    const outcome = ({ outcomes }: SyncJson, of: number) => outcomes.find(({ number }) => number === of);
    const listed = async () =>
      JSON.parse(await world.pulumi(["stack", "ls", "--json", "--project", "previews"])) as {
        name: string;
        resourceCount?: number;
      }[];
    const stacks = async () => (await listed()).map(({ name }) => name.split("/").at(-1)).sort();
    /** Which commands of Pulumi's the driver has run since the last look; it asks for the version as well. */
    const runsOfPulumi = async () =>
      (await world.footprint()).pulumi
        .map((line) => /^(stack )?[a-z]+/.exec(line)?.[0])
        .filter((command) => command !== "version");
    /** Lines of a document, typed in a folder of this world. */
    const typed = (lines: string, { folder = "project", exits = 0 } = {}) =>
      runLines(lines, { cwd: join(world.folder, folder), env: world.env, exits });

    test("a dry run changes nothing", async () => {
      const { stdout, exitCode } = await world.previews(["sync", "--dry-run"]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain("nothing was changed");
      expect(await stacks()).toEqual([]);
    });

    test("the first previews are made as docs/getting-started.md says", async () => {
      const { GITHUB_TOKEN = "", ...env } = world.env;
      const names = ["token", "init", "plan", "sync", "list"] as const;
      const lines = documentedLines("docs/getting-started.md", "## The first preview", names, { "…": GITHUB_TOKEN });
      const cwd = join(world.folder, "app");
      await mkdir(cwd);
      const run = (line: string) => runLines(`${lines.token}\n${line}`, { cwd, env });
      expect(await run(lines.init)).toContain("Wrote previews.yaml");
      expect(await run(lines.plan)).toMatch(/#41 .* admit +create/);
      expect(await stacks()).toEqual([]);
      await run(lines.sync);
      expect(await stacks()).toEqual(["pr-41", "pr-42"]);
      expect(await run(lines.list)).toMatch(/pr-41[^]*pr-42/);
    });

    test("every labelled pull request has a preview, another one a reason", async () => {
      const list = JSON.parse((await world.previews(["list", "--json"])).stdout) as { previews: { ready: boolean }[] };
      expect(list.previews.map(({ ready }) => ready)).toEqual([true, true]);
      const plan = await world.previews(["plan"]);
      expect(plan.stdout).toMatch(/#43 .* refuse +hold +the label "preview" is missing/);
    });

    test("a second sync touches nothing", async () => {
      const before = await world.flux.releaseVersion("pr-41");
      expect(actions(await sync())).toEqual({ 41: "keep", 42: "keep", 43: "hold" });
      expect(await world.flux.releaseVersion("pr-41")).toBe(before);
    });

    test("moved to another backend as docs/operations.md says, previews are kept", async () => {
      const backend = `file://${join(world.folder, "moved")}`;
      await mkdir(join(world.folder, "moved"));
      for (const stack of await stacks()) {
        const script = documentedScript("docs/operations.md", "## Moving to another backend", {
          "file:///var/state": world.env["PULUMI_BACKEND_URL"] ?? "",
          "s3://new-bucket": backend,
          "pr-41": String(stack),
        });
        await typed(script);
      }
      const { stdout, exitCode } = await world.previews(["sync", "--full", "--json"], { PULUMI_BACKEND_URL: backend });
      expect(exitCode, stdout).toBe(0);
      expect(actions(JSON.parse(stdout) as SyncJson)).toEqual({ 41: "keep", 42: "keep", 43: "hold" });
      const moved = await promisify(execFile)("pulumi", ["stack", "ls", "--json", "--project", "previews"], {
        env: { ...world.env, PULUMI_BACKEND_URL: backend },
      });
      const counts = (JSON.parse(moved.stdout) as { resourceCount: number }[]).map((stack) => stack.resourceCount);
      // What the driver takes for all of a preview: fewer would make it look for the rest.
      expect(counts).toEqual([12, 12]);
    });

    test("a push updates its own preview and no other", async () => {
      const before = await world.flux.releaseVersion("pr-42");
      const sha = await world.push("one");
      expect(actions(await sync())).toEqual({ 41: "update", 42: "keep", 43: "hold" });
      expect(await world.flux.releaseVersion("pr-42")).toBe(before);
      const { stdout } = await world.previews(["list", "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ previews: [{ number: 41, sha, ready: true }, { number: 42 }] });
    });

    test("a preview that fails gives the cluster's reason and stops no other", async () => {
      world.flux.failing.set("pr-42", "install retries exhausted");
      await world.push("two");
      await world.push("one");
      const { stdout, exitCode } = await world.previews(["sync", "--json", "--timeout", "10s"]);
      const result = JSON.parse(stdout) as SyncJson;
      expect(exitCode).toBe(1);
      expect(outcome(result, 41)).toMatchObject({ action: "update", ok: true });
      expect(outcome(result, 42)).toMatchObject({ action: "update", ok: false });
      expect(outcome(result, 42)?.error).toContain('HelmRelease "pr-42": InstallFailed: install retries exhausted');
    });

    test("what came right by itself is kept, what somebody deleted is made again", async () => {
      await world.flux.deleteRelease("pr-41");
      expect(actions(await sync())).toEqual({ 41: "update", 42: "keep", 43: "hold" });
      expect(await world.flux.releaseVersion("pr-41")).toBeDefined();
    });

    test.each([
      ["an unreachable API", { GITHUB_API_URL: "http://127.0.0.1:9" }, 1, /github.apiUrl: no usable answer from/],
      ["a wrong token", { GITHUB_TOKEN: "wrong-token" }, 2, /GITHUB_TOKEN: .* refuses the token \(401\)/],
      ["a wrong repository", { GITHUB_REPOSITORY: "acme/other" }, 2, /repository: "acme\/other" was not found/],
      ["a wrong label", { PREVIEW_LABEL: "previw" }, 2, /label: the repository has no label "previw"/],
      ["a wrong kubeconfig", { KUBECONFIG: "/nowhere" }, 2, /kubernetes.kubeconfig: "\/nowhere" does not exist/],
    ])("%s leaves every preview as it was", async (_, env, expectedExit, message) => {
      const before = await world.flux.releaseVersion("pr-41");
      const { exitCode, stderr, stdout } = await world.previews(["sync"], env);
      expect(exitCode).toBe(expectedExit);
      expect(stderr).toMatch(message);
      expect(stdout).toBe("");
      expect(await world.flux.releaseVersion("pr-41")).toBe(before);
      expect(await stacks()).toEqual(["pr-41", "pr-42"]);
    });

    test("an unreachable cluster leaves every preview as it was", async () => {
      const { exitCode, stderr } = await world.previews(["sync"], { KUBECONFIG: await world.unreachableCluster() });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/kubernetes.kubeconfig: no usable answer from the cluster at .*ECONNREFUSED/);
      expect(await stacks()).toEqual(["pr-41", "pr-42"]);
    });

    test("a closed pull request's preview goes, with a receipt; a stack with another name stays", async () => {
      await world.pulumi(["stack", "init", "organization/previews/staging"]);
      await world.close(42);
      const result = await sync();
      expect(actions(result)).toEqual({ 41: "keep", 42: "destroy", 43: "hold" });
      expect(outcome(result, 42)?.receipt).toEqual({
        removed: [
          "HelmRelease app-preview/pr-42",
          "GitRepository app-preview/pr-42",
          "ServiceAccount app-preview/pr-42",
          "Namespace pr-42",
        ],
        remains: [],
      });
      expect(result.orphans).toMatchObject([{ kind: "unknown", name: "staging", action: "hold" }]);
      expect(await stacks()).toEqual(["pr-41", "staging"]);
      expect(await world.flux.hasNamespace("pr-42")).toBe(false);
    });

    test("without a look at the stacks, a stack is found or missed when it is worked on", async () => {
      const number = await world.open("eight");
      const name = `pr-${number}`;
      // A look would have come upon the stack with another name.
      const ofGlance = async (expectedExit = 0) => {
        const result = await sync(expectedExit);
        expect(result.orphans).toEqual([]);
        return outcome(result, number);
      };
      const resources = async () => (await listed()).find((stack) => stack.name.endsWith(name))?.resourceCount;
      await runsOfPulumi();
      expect(await ofGlance()).toMatchObject({ action: "create", ok: true });
      expect(await runsOfPulumi()).toEqual(["up"]);
      expect(await resources()).toBe(12);

      // Lost with its state: the next commit makes it again, around the objects that are there.
      const state = await world.pulumi(["stack", "export", "--stack", `organization/previews/${name}`]);
      await world.pulumi(["stack", "rm", `organization/previews/${name}`, "--force", "--yes"]);
      await world.push("eight");
      expect(await ofGlance()).toMatchObject({ action: "update", ok: true });
      expect(await resources()).toBe(12);

      // Found missing by a look, at the commit that is shown: what the lost stack set is still in its name when the next one comes.
      await world.pulumi(["stack", "rm", `organization/previews/${name}`, "--force", "--yes"]);
      expect((await world.previews(["sync", "--full"])).exitCode).toBe(0);
      expect(await resources()).toBe(12);
      await world.push("eight");
      expect(await ofGlance()).toMatchObject({ action: "update", ok: true });

      // Left with its state: nothing that it holds is there any more.
      const restore = async (text: string) => {
        await world.close(number);
        expect(outcome(await sync(), number)).toMatchObject({ action: "destroy", ok: true });
        const file = join(world.folder, "state.json");
        await writeFile(file, text);
        await world.pulumi(["stack", "init", `organization/previews/${name}`]);
        await world.pulumi(["stack", "import", "--stack", `organization/previews/${name}`, "--file", file]);
        await world.reopen(number);
      };
      await restore(state);
      expect(await ofGlance()).toMatchObject({ action: "create", ok: true });
      expect(await resources()).toBe(12);
      expect(await world.flux.hasNamespace(name)).toBe(true);

      await restore(state.replaceAll('"acme/app"', '"acme/other"'));
      expect((await ofGlance(1))?.error).toBe("its stack belongs to the repository acme/other");
      expect(await world.flux.hasNamespace(name)).toBe(false);
      // What went wrong is looked at.
      const looked = await sync(1);
      expect(looked.orphans).toMatchObject([{ name: "staging" }]);
      expect(outcome(looked, number)).toMatchObject({ action: "hold", ok: false });
      await world.pulumi(["stack", "rm", `organization/previews/${name}`, "--force", "--yes"]);
      await world.close(number);
      await sync();
    });

    test("a namespace that only has the name of a preview is left alone, open or closed", async () => {
      const number = await world.open("theirs");
      const namespace = `/api/v1/namespaces/pr-${number}`;
      const { send } = await kubernetesClient(world.kubeconfig);
      const theirs = { metadata: { name: `pr-${number}`, annotations: { mine: "true" } } };
      expect(await send("POST", "/api/v1/namespaces", theirs)).toBeDefined();
      const before = await send("GET", namespace);
      for (const more of [[], ["--full"]]) {
        const { stdout, exitCode } = await world.previews(["sync", "--json", ...more]);
        expect(exitCode).toBe(1);
        expect(outcome(JSON.parse(stdout) as SyncJson, number)?.error).toContain("it was left alone");
      }
      await world.close(number);
      await world.previews(["sync", "--full"]);
      expect(await send("GET", namespace)).toEqual(before);
      expect(await stacks()).not.toContain(`pr-${number}`);
      await send("DELETE", namespace);
    });

    test("in a backend that only Pulumi's own login tells of, the stack is made first", async () => {
      await world.pulumi(["login", world.env["PULUMI_BACKEND_URL"] ?? ""]);
      const number = await world.open("nine");
      await runsOfPulumi();
      const { stdout, exitCode } = await world.previews(["sync", "--json"], { PULUMI_BACKEND_URL: "" });
      expect(exitCode, stdout).toBe(0);
      expect(outcome(JSON.parse(stdout) as SyncJson, number)).toMatchObject({ action: "create", ok: true });
      expect((await runsOfPulumi()).slice(-2)).toEqual(["stack init", "up"]);
      await world.close(number);
      await sync();
    });

    test("by hand: a preview without the label, and its end only by force while it is open", async () => {
      expect((await world.previews(["up", "42"])).exitCode).toBe(2);
      expect((await world.previews(["up", "999"])).exitCode).toBe(2);
      const lines = documentedLines(
        "docs/operations.md",
        "## When a preview does not become ready, or does not go",
        ["up", "destroy", "gc", "full"],
        { "41": "43" },
      );
      await typed(lines.up);
      expect(actions(await sync())).toEqual({ 41: "keep", 43: "hold" });
      const refused = await world.previews(["destroy", "43"]);
      expect(refused.exitCode).toBe(3);
      expect(refused.stderr).toContain("pull request 43 is open; add --force");
      expect(await world.flux.hasNamespace("pr-43")).toBe(true);
      await typed(lines.destroy);
      expect(await stacks()).toEqual(["pr-41", "staging"]);
      expect(await typed(lines.gc)).toContain("nothing was changed");
      expect(await typed(lines.full)).toMatch(/pr-41 +keep/);
      expect(await stacks()).toEqual(["pr-41", "staging"]);
    });

    test("the brake refuses more destroys than usual, and lets pass what is confirmed", async () => {
      const closed = [await world.open("six"), await world.open("seven")];
      await sync();
      for (const number of closed) await world.close(number);
      const braked = { folder: "braked", exits: 3 };
      await mkdir(join(world.folder, "braked"));
      await writeFile(join(world.folder, "braked/previews.yaml"), "maxDestroys: 1\n");
      await typed("previews sync", braked);
      const lines = documentedLines("docs/operations.md", "## The brake", ["plan", "sync"]);
      expect(await typed(lines.plan, braked)).toContain("--confirm-destroys 2");
      expect(await stacks()).toHaveLength(4);
      await typed(lines.sync, { folder: "braked" });
      expect(await stacks()).toEqual(["pr-41", "staging"]);
    });

    test("interrupted, it ends in good order, and the next sync completes it", async () => {
      world.flux.paused = true;
      const number = await world.open("four");
      const driver = world.previews(["sync", "--json"]);
      await during(driver, () => world.flux.hasSource(`pr-${number}`));
      driver.kill("SIGINT");
      const { exitCode, stdout } = await driver;
      expect(exitCode).toBe(130);
      expect(outcome(JSON.parse(stdout) as SyncJson, number)).toMatchObject({ ok: false });
      world.flux.paused = false;
      expect(outcome(await sync(), number)).toMatchObject({ action: "update", ok: true });
      await world.close(number);
      expect(outcome(await sync(), number)).toMatchObject({ action: "destroy", ok: true });
    });

    test("killed in the middle, it says whose lock is in the way, and loses nothing once that is gone", async () => {
      world.flux.paused = true;
      const number = await world.open("five");
      const driver = world.previews(["sync", "--json"]);
      await during(driver, () => world.flux.hasSource(`pr-${number}`));
      // Not in the middle of writing its state: a file torn in two would be another story.
      await new Promise((wake) => setTimeout(wake, 2000));
      await killWorkers(driver);
      const { exitCode, stdout } = await driver;
      expect(exitCode).toBe(1);
      expect(outcome(JSON.parse(stdout) as SyncJson, number)?.error).toContain("its worker process ended");
      world.flux.paused = false;

      // Its release came to be Ready all the same, so there is nothing to do, until something is.
      const isReady = async () => {
        const { previews } = JSON.parse((await world.previews(["list", "--json"])).stdout) as {
          previews: { number: number; ready: boolean }[];
        };
        return previews.some((preview) => preview.number === number && preview.ready);
      };
      await vi.waitUntil(isReady, { timeout: 30_000 });
      expect(outcome(await sync(), number)).toMatchObject({ action: "keep", ok: true });
      await world.close(number);
      const locked = outcome(await sync(1), number);
      expect(locked?.error).toMatch(/the stack is locked by process [0-9]+ of .*/s);
      const cancel = documentedScript("docs/operations.md", "## Interrupted runs", { "pr-41": `pr-${number}` });
      expect(locked?.error).toContain(cancel);
      await typed(cancel);
      await world.footprint();
      expect(outcome(await sync(), number)).toMatchObject({ action: "destroy", ok: true, receipt: { remains: [] } });
      // The release that the stack knew nothing of went before its rights did.
      const deletes = (await world.footprint()).kubernetes.filter(({ verb }) => verb === "delete");
      const at = (kind: string) => deletes.findIndex(({ requestURI }) => requestURI.includes(`/${kind}/`));
      expect(at("helmreleases")).toBeGreaterThanOrEqual(0);
      expect(at("helmreleases")).toBeLessThan(at("serviceaccounts"));
      expect(await stacks()).toEqual(["pr-41", "staging"]);
    });
  },
);

/** Waits for something that happens while the driver works. */
async function during(driver: Driver, condition: () => Promise<boolean>): Promise<void> {
  const ended = driver.then(({ stdout, stderr }) => {
    throw new Error(`it ended before that happened:\n${stderr}\n${stdout}`);
  });
  const happened = async () => {
    while (!(await condition())) await new Promise((wake) => setTimeout(wake, 100));
  };
  await Promise.race([happened(), ended]);
}

/** Ends a driver's workers and all they started, with the signal that cannot be caught. */
async function killWorkers(driver: Driver): Promise<void> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "pid=,pgid=", "--ppid", String(driver.pid)]);
  // A worker leads a group of its own. Another child of the driver may be a compiler.
  const children = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  for (const [pid, group] of children) if (pid === group) process.kill(-Number(pid), "SIGKILL");
}
