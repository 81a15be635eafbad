import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { resourceSet } from "../../components/manifests/preview-set.ts";
import { loadConfig } from "../../automation/config.ts";
import { previewSet } from "../../automation/preview-spec.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { startDriverWorld, type DriverWorld } from "../support/driver-world.ts";
import { startFluxOperator, type FluxOperator } from "../support/flux-operator.ts";
import { kubernetesClient, type KubernetesClient } from "../support/kubernetes-client.ts";
import { documentedScript, documentedYaml, typing } from "../support/documented.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { selfSignedCertificate } from "../support/registry-certificate.ts";

interface Json {
  readonly ok: boolean;
  readonly outcomes: readonly {
    readonly number: number;
    readonly action: string;
    readonly ok: boolean;
    readonly error?: string;
    readonly receipt?: { readonly remains: readonly string[] };
  }[];
}

interface Listed {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly managedFields?: readonly { readonly manager: string }[];
      readonly uid: string;
      readonly resourceVersion: string;
    };
  }[];
}

interface Exporting {
  readonly status?: { readonly exportedInputs?: readonly { readonly id: string }[] };
}

const obstacle = sandboxObstacle();
const control = "namespaces/app-preview";
const operators = `/apis/fluxcd.controlplane.io/v1/${control}`;

// One world, told as one story: each test starts from where the one before it ended.
describe.skipIf(obstacle !== undefined)(
  "the driver with the flux engine, a real Flux Operator and a real API server",
  { timeout: 300_000 },
  () => {
    let world: DriverWorld;
    let operator: FluxOperator | undefined;
    let send: KubernetesClient["send"];

    beforeAll(async () => {
      world = await startDriverWorld();
      expect([await world.open("one"), await world.open("two"), await world.open("three", [])]).toEqual([41, 42, 43]);
      ({ send } = await kubernetesClient(world.kubeconfig));
    });
    afterAll(async () => {
      await operator?.stop();
      await world.stop();
    });

    async function run(args: readonly string[], expectedExit = 0): Promise<Json> {
      const { stdout, stderr, exitCode } = await world.previews([...args, "--json"]);
      expect(exitCode, `${stderr}\n${stdout}`).toBe(expectedExit);
      return JSON.parse(stdout) as Json;
    }
    const sync = (expectedExit = 0) => run(["sync", "--engine", "flux"], expectedExit);
    const actions = ({ outcomes }: Json) => Object.fromEntries(outcomes.map(({ number, action }) => [number, action]));
    const outcome = ({ outcomes }: Json, of: number) => outcomes.find(({ number }) => number === of);
    const items = async (path: string) => ((await send("GET", path)) as Listed | undefined)?.items ?? [];
    const inputs = async () =>
      (await items(`${operators}/resourcesetinputproviders`)).map(({ metadata }) => metadata.name);
    const stacks = async () =>
      (JSON.parse(await world.pulumi(["stack", "ls", "--json", "--project", "previews"])) as { name: string }[]).map(
        ({ name }) => name.split("/").at(-1),
      );
    /** Every object of a preview, but for its chart's. */
    const objects = async (name: string) => {
      const own = `?labelSelector=${encodeURIComponent(`preview-environments.dev/preview=${name}`)}`;
      const lists = [
        "/api/v1/namespaces",
        `/api/v1/namespaces/${name}/resourcequotas`,
        `/api/v1/namespaces/${name}/limitranges`,
        `/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`,
        `/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/roles`,
        `/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`,
        `/api/v1/${control}/serviceaccounts`,
        `/apis/source.toolkit.fluxcd.io/v1/${control}/gitrepositories`,
        `/apis/helm.toolkit.fluxcd.io/v2/${control}/helmreleases`,
      ];
      return (await Promise.all(lists.map((list) => items(list + own)))).flat().map(({ metadata }) => metadata);
    };

    test("without Flux Operator, one clear error, and nothing changes", async () => {
      const { exitCode, stderr, stdout } = await world.previews(["sync", "--engine", "flux"]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /1 problem; nothing was changed\.\n {2}engine: the cluster has no ResourceSet "app-preview\/previews"/,
      );
      expect(stdout).toBe("");
    });

    test("a set of other settings than the driver's is refused before anything is published", async () => {
      operator = await startFluxOperator(world.kubeconfig, world.folder);
      const config = await loadConfig({ cwd: world.folder, env: world.env, flags: { engine: "flux" } });
      const set = previewSet(config);
      const other = resourceSet({ ...set, preview: { ...set.preview, podSecurity: "baseline" } });
      expect(await send("POST", `${operators}/resourcesets`, other)).toBeDefined();
      const { exitCode, stderr } = await world.previews(["sync", "--engine", "flux"]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("was made from other settings than the driver's");
      expect(await inputs()).toEqual([]);
      await send("DELETE", `${operators}/resourcesets/previews`);
      await gone(() => send("GET", `${operators}/resourcesets/previews`));
      expect(await send("POST", `${operators}/resourcesets`, resourceSet(set))).toBeDefined();
    });

    test("every admitted pull request gets an input, and Flux Operator makes its preview", async () => {
      expect(actions(await sync())).toEqual({ 41: "create", 42: "create", 43: "hold" });
      expect(await inputs()).toEqual(["pr-41", "pr-42"]);
      expect(await objects("pr-41")).toHaveLength(9);
      expect(await stacks()).toEqual([]);
    });

    test("a sync with nothing to do writes nothing, and asks the cluster twice", async () => {
      await sync();
      await world.footprint();
      expect(actions(await sync())).toEqual({ 41: "keep", 42: "keep", 43: "hold" });
      const { kubernetes, pulumi, github } = await world.footprint();
      expect(pulumi).toEqual([]);
      expect(kubernetes.map(({ verb }) => verb)).toEqual(["list", "list"]);
      expect(github.filter(({ method }) => method !== "GET")).toEqual([]);
    });

    test("a push moves its own preview and no other", async () => {
      const before = await world.flux.releaseVersion("pr-42");
      await world.push("one");
      expect(actions(await sync())).toEqual({ 41: "update", 42: "keep", 43: "hold" });
      expect(await world.flux.releaseVersion("pr-42")).toBe(before);
    });

    test("an input that the cluster would refuse is not published, and says why", async () => {
      const settings = join(world.folder, "too-large.yaml");
      await writeFile(settings, JSON.stringify({ values: { text: "x".repeat(70_000) } }));
      const result = await run(["sync", "--engine", "flux", "--config", settings], 1);
      expect(outcome(result, 42)?.error).toMatch(
        /the input of pull request 42 is not published: values: the input has \d+ bytes/,
      );
      expect(actions(await sync())).toEqual({ 41: "keep", 42: "keep", 43: "hold" });
    });

    test("what the policy pack forbids is not published either", async () => {
      const before = await world.flux.releaseVersion("pr-41");
      const settings = join(world.folder, "forbidden.yaml");
      await writeFile(settings, JSON.stringify({ policy: join(projectRoot, "policy"), values: { hostNetwork: true } }));
      const result = await run(["sync", "--engine", "flux", "--config", settings], 1);
      expect(outcome(result, 41)?.error).toMatch(
        /the policy pack forbids it; nothing was changed\.[^]*hostNetwork is true/,
      );
      expect(await world.flux.releaseVersion("pr-41")).toBe(before);
    });

    test("a namespace that only has the name of a preview is not given to Flux Operator", async () => {
      const number = await world.open("theirs");
      const namespace = `/api/v1/namespaces/pr-${number}`;
      expect(await send("POST", "/api/v1/namespaces", { metadata: { name: `pr-${number}` } })).toBeDefined();
      expect(outcome(await sync(1), number)?.error).toContain("it was left alone");
      expect(await inputs()).toEqual(["pr-41", "pr-42"]);
      await world.close(number);
      await sync();
      expect(await send("GET", namespace)).toMatchObject({ status: { phase: "Active" } });
      await send("DELETE", namespace);
      await gone(() => send("GET", namespace));
    });

    test("the other engine leaves them alone, and says who has them", async () => {
      const before = await objects("pr-41");
      const result = await run(["sync"], 1);
      expect(outcome(result, 41)).toMatchObject({ action: "hold", ok: false });
      expect(await objects("pr-41")).toEqual(before);
      expect(await stacks()).toEqual([]);
    });

    test("a closed pull request's preview goes, with a receipt", async () => {
      await world.close(42);
      expect(outcome(await sync(), 42)).toMatchObject({ action: "destroy", ok: true, receipt: { remains: [] } });
      expect(await inputs()).toEqual(["pr-41"]);
      expect(await world.flux.hasNamespace("pr-42")).toBe(false);
    });

    test("migrate hands it to Pulumi: the same objects, and nothing of the flux engine left", async () => {
      const before = await objects("pr-41");
      expect(outcome(await run(["migrate", "--to", "automation", "--dry-run"]), 41)).toMatchObject({ action: "move" });
      expect(await stacks()).toEqual([]);
      expect(outcome(await run(["migrate", "--to", "automation"]), 41)).toMatchObject({ action: "move", ok: true });
      const after = await objects("pr-41");
      expect(after.map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
      expect(traces(after, "flux")).toEqual([]);
      expect(await inputs()).toEqual([]);
      expect(await stacks()).toEqual(["pr-41"]);
      expect(actions(await run(["sync", "--full"]))).toEqual({ 41: "keep", 43: "hold" });
    });

    test("migrate hands it back to Flux Operator: nothing of Pulumi left", async () => {
      const before = await objects("pr-41");
      expect(outcome(await run(["migrate", "--to", "flux", "41"]), 41)).toMatchObject({ action: "move", ok: true });
      const after = await objects("pr-41");
      expect(after.map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
      expect(traces(after, "automation")).toEqual([]);
      expect(await stacks()).toEqual([]);
      expect(outcome(await run(["migrate", "--to", "flux"]), 41)).toMatchObject({ action: "keep" });
      expect(actions(await sync())).toEqual({ 41: "keep", 43: "hold" });
    });

    test("Flux Operator asks serve-inputs over TLS, and a preview that it renders already stays what it is", async () => {
      const token = "0123456789abcdef0123456789abcdef";
      const line = documentedScript("docs/flux-engine.md", "### Where Flux Operator asks", {
        "…": token,
        "0.0.0.0:8443": "127.0.0.1:0",
        // So that the shell does not stand between the test and it.
        "previews serve-inputs": "exec previews serve-inputs",
      });
      const cwd = join(world.folder, "served");
      const { cert, key } = selfSignedCertificate();
      await mkdir(cwd);
      await writeFile(join(cwd, "tls.crt"), cert);
      await writeFile(join(cwd, "tls.key"), key);
      const before = await objects("pr-41");
      const served = execa("sh", ["-ec", line], { cwd, env: typing(world.env), extendEnv: false });
      try {
        let log = "";
        served.stderr.on("data", (text) => (log += String(text)));
        const url = await vi.waitUntil(() => /https:\S+/.exec(log)?.[0], { timeout: 30_000 });
        const secret = (name: string, stringData: Readonly<Record<string, string>>) =>
          send("POST", `/api/v1/${control}/secrets`, { metadata: { name }, stringData });
        await secret("driver-token", { token });
        await secret("driver-ca", { "ca.crt": cert });
        const provider = documentedYaml("docs/flux-engine.md", "### Where Flux Operator asks");
        const ours = parse(provider.replace("https://driver.example.com:8443/inputs", url)) as unknown;
        expect(await send("POST", `${operators}/resourcesetinputproviders`, ours)).toBeDefined();
        const exported = async () => {
          const found = await send("GET", `${operators}/resourcesetinputproviders/driver`);
          return (found as Exporting).status?.exportedInputs?.map(({ id }) => id);
        };
        await vi.waitUntil(async () => (await exported()) !== undefined, { timeout: 30_000 });
        expect(await exported()).toEqual(["pr-41"]);
        expect(actions(await sync())).toEqual({ 41: "keep", 43: "hold" });
        await send("DELETE", `${operators}/resourcesetinputproviders/driver`);
        expect((await objects("pr-41")).map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
      } finally {
        served.kill("SIGTERM");
      }
      expect((await served).stdout).toContain("Ended in good order.");
    });

    test("a migration that was interrupted is completed by the next one", async () => {
      const driver = world.previews(["migrate", "--to", "automation", "--json"]);
      await during(driver, async () => (await stacks()).length > 0);
      driver.kill("SIGINT");
      expect((await driver).exitCode).toBe(130);
      expect(outcome(await run(["migrate", "--to", "automation"]), 41)).toMatchObject({ action: "move", ok: true });
      expect(traces(await objects("pr-41"), "flux")).toEqual([]);
      expect(await stacks()).toEqual(["pr-41"]);
    });

    /** What tells of an engine on the objects of a preview that is another's. */
    function traces(found: Awaited<ReturnType<typeof objects>>, engine: "automation" | "flux"): string[] {
      return found.flatMap(({ name, labels = {}, annotations = {}, managedFields = [] }) => {
        const keys = [
          ...Object.keys(labels),
          ...Object.keys(annotations),
          ...managedFields.map(({ manager }) => manager),
        ];
        const foreign = engine === "flux" ? /fluxcd|^flux-operator/ : /^pulumi/;
        const label = labels["preview-environments.dev/engine"] === engine ? ["engine"] : [];
        return [...keys.filter((key) => foreign.test(key)), ...label].map((key) => `${name}: ${key}`);
      });
    }
  },
);

/** Waits for something that happens while the driver works. */
async function during(driver: ReturnType<DriverWorld["previews"]>, condition: () => Promise<boolean>): Promise<void> {
  const ended = driver.then(({ stdout, stderr }) => {
    throw new Error(`it ended before that happened:\n${stderr}\n${stdout}`);
  });
  const happened = async () => {
    while (!(await condition())) await new Promise((wake) => setTimeout(wake, 100));
  };
  await Promise.race([happened(), ended]);
}

async function gone(look: () => Promise<unknown>): Promise<void> {
  while ((await look()) !== undefined) await new Promise((wake) => setTimeout(wake, 100));
}
