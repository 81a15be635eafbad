import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../automation/config.ts";
import { previewSet } from "../../automation/preview-spec.ts";
import { resourceSet } from "../../components/manifests/preview-set.ts";
import { startDriverWorld, type DriverWorld } from "../support/driver-world.ts";
import { startFluxOperator, type FluxOperator } from "../support/flux-operator.ts";
import { kubernetesClient, type KubernetesClient } from "../support/kubernetes-client.ts";
import { sandboxObstacle } from "../support/machine.ts";

interface Json {
  readonly outcomes: readonly { readonly number: number; readonly ok: boolean; readonly error?: string }[];
}

interface Listed {
  readonly items?: readonly { readonly metadata: { readonly name: string } }[];
}

const COUNT = 40;
/** Git takes it; Flux Operator could not write it, and with it no preview at all. */
const ODD_BRANCH = "odd\u0081name";
const operators = "/apis/fluxcd.controlplane.io/v1/namespaces/app-preview";
const obstacle = sandboxObstacle();
const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

// One world, told as one story: each test starts from where the one before it ended.
describe.skipIf(obstacle !== undefined)(
  "many pull requests at once, with the flux engine",
  { timeout: 300_000 },
  () => {
    let world: DriverWorld;
    let operator: FluxOperator | undefined;
    let send: KubernetesClient["send"];

    beforeAll(async () => {
      world = await startDriverWorld();
      for (let index = 1; index < COUNT; index++) await world.open(`branch-${index}`);
      await world.open(ODD_BRANCH);
      ({ send } = await kubernetesClient(world.kubeconfig));
      operator = await startFluxOperator(world.kubeconfig, world.folder);
      const config = await loadConfig({ cwd: world.folder, env: world.env, flags: { engine: "flux" } });
      expect(await send("POST", `${operators}/resourcesets`, resourceSet(previewSet(config)))).toBeDefined();
    });
    afterAll(async () => {
      await operator?.stop();
      await world.stop();
    });

    const names = async (path: string) =>
      ((await send("GET", path)) as Listed | undefined)?.items?.map(({ metadata }) => metadata.name) ?? [];
    const inputs = () => names(`${operators}/resourcesetinputproviders`);
    const releases = () => names("/apis/helm.toolkit.fluxcd.io/v2/namespaces/app-preview/helmreleases");

    /** A sync that waits for what does not come, while something is looked at; it is interrupted then. */
    async function whileItWaits(args: readonly string[], look: () => Promise<void>): Promise<void> {
      world.flux.paused = true;
      const driver = world.previews(["sync", "--engine", "flux", "--json", ...args]);
      const ended = driver.then(({ stdout, stderr }) => {
        throw new Error(`it ended before it was looked at:\n${stderr}\n${stdout}`);
      });
      const looked = Promise.race([look(), ended]);
      await looked.catch(() => undefined);
      const interrupted = performance.now();
      driver.kill("SIGINT");
      const { exitCode, stdout, stderr } = await driver;
      const endingMs = performance.now() - interrupted;
      world.flux.paused = false;
      // Whatever was seen, the next test starts without this driver.
      await looked;
      expect(exitCode, `${stderr}\n${stdout}`).toBe(130);
      expect(endingMs).toBeLessThan(5000);
      const { outcomes } = JSON.parse(stdout) as Json;
      expect(outcomes.filter(({ error }) => error !== undefined)).toHaveLength(COUNT);
    }

    test("--concurrency is how many are worked on, whatever the engine could take", async () => {
      await whileItWaits(["--concurrency", "2"], async () => {
        await expect.poll(inputs, { timeout: 60_000 }).toHaveLength(2);
        await sleep(3000);
        expect(await inputs()).toHaveLength(2);
      });
      expect(await inputs()).toHaveLength(2);
    });

    test("all are published while none is Ready, and those that wait ask together", async () => {
      await whileItWaits([], async () => {
        await expect.poll(inputs, { timeout: 60_000 }).toHaveLength(COUNT - 1);
        await expect.poll(releases, { timeout: 120_000 }).toHaveLength(COUNT - 1);
        const askedFor = async (ms: number) => {
          await world.footprint();
          await sleep(ms);
          return (await world.footprint()).kubernetes.map(({ requestURI }) => requestURI);
        };
        // Until Flux Operator has told of all that it rendered, its ResourceSet is asked for as well.
        const rendering = async () => (await askedFor(1000)).filter((uri) => uri.includes("/resourcesets/"));
        await expect.poll(rendering, { timeout: 60_000 }).toEqual([]);
        const asked = await askedFor(5000);
        // Each for itself they would ask once a second, for a namespace and a release: 390 times. Questions are gathered for a
        // third of a second, and answered by one list, or by three names at most: 90 requests if all of them were.
        expect(asked.length).toBeGreaterThan(2);
        expect(asked.length).toBeLessThan(90);
        expect(asked.filter((uri) => !/\/(namespaces|helmreleases)(\/pr-[0-9]+)?$/.test(uri))).toEqual([]);
      });
    });

    test("one that cannot be rendered and one that does not come to be Ready stop no other", async () => {
      world.flux.failing.set("pr-45", "no such image");
      const { stdout, stderr, exitCode } = await world.previews([
        "sync",
        "--engine",
        "flux",
        "--json",
        "--timeout",
        "20s",
      ]);
      expect(exitCode, stderr).toBe(1);
      const failed = (JSON.parse(stdout) as Json).outcomes.filter(({ ok }) => !ok);
      expect(failed.map(({ number }) => number)).toEqual([45, 40 + COUNT]);
      expect(failed[0]?.error).toContain("no such image");
      expect(failed[1]?.error).toMatch(/is not published: branch: /);
      expect(await inputs()).toHaveLength(COUNT - 1);
    });
  },
);
