import { cp, mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { projectRoot } from "../../sandbox/paths.ts";
import { ensureToolOnDemand } from "../../sandbox/tools/ensure-tools.ts";
import { copyComponentPackage } from "../support/component-package.ts";
import { documentedScript, runLines } from "../support/documented.ts";
import { startDriverWorld, type DriverWorld } from "../support/driver-world.ts";
import { kubernetesClient } from "../support/kubernetes-client.ts";
import { sandboxObstacle } from "../support/machine.ts";

const slow = 180_000;

// Pulumi's own YAML language host, built from its Go module; the components run through the Node.js one.
describe.skipIf(sandboxObstacle() !== undefined)("the components from a program in YAML", () => {
  let world: DriverWorld;
  let env: Readonly<Record<string, string>>;
  let cwd: string;

  beforeAll(async () => {
    const languageHost = await ensureToolOnDemand("pulumi-language-yaml", {
      progress: { start: () => undefined, done: () => undefined },
    });
    world = await startDriverWorld();
    const checkout = join(world.folder, "checkout");
    const { bin } = await copyComponentPackage(checkout);
    cwd = join(checkout, "examples/yaml");
    await mkdir(dirname(cwd), { recursive: true });
    await cp(join(projectRoot, "examples/yaml"), cwd, { recursive: true });
    // The example makes this namespace itself.
    const { send } = await kubernetesClient(world.kubeconfig);
    const namespace = "/api/v1/namespaces/app-preview";
    await send("DELETE", namespace);
    const gone = async () => {
      expect(await send("GET", namespace)).toBeUndefined();
    };
    await vi.waitFor(gone, { timeout: 30_000 });
    env = { ...world.env, PATH: [bin, dirname(languageHost), world.env["PATH"]].join(delimiter) };
  }, slow);
  afterAll(() => world.stop());

  const release = async () => {
    const { send } = await kubernetesClient(world.kubeconfig);
    const path = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/app-preview/helmreleases/pr-41";
    return (await send("GET", path)) as { readonly spec?: { readonly values?: unknown } } | undefined;
  };

  test(
    "the example's own lines make the preview that it describes",
    async () => {
      await runLines(documentedScript("examples/yaml/README.md", "# The components from YAML"), { cwd, env });
      const outputs: unknown = JSON.parse(await runLines("pulumi stack output --json", { cwd, env }));
      expect(outputs).toEqual({ url: "http://pr-41.shop.example.com/", namespace: "pr-41" });
      expect(await release()).toMatchObject({
        metadata: { annotations: { "preview-environments.dev/head-sha": "0123456789abcdef0123456789abcdef01234567" } },
        spec: { chart: { spec: { chart: "./helm" } }, values: { replicas: 2 } },
      });
    },
    slow,
  );

  test(
    "what the program gets wrong is told by the name of the property",
    async () => {
      await runLines('sed -i "s/number: 41/number: forty-one/" Pulumi.yaml', { cwd, env });
      await expect(runLines("pulumi preview", { cwd, env })).rejects.toThrow(/number/);
      await runLines('sed -i "s/number: forty-one/number: 41/" Pulumi.yaml', { cwd, env });
    },
    slow,
  );

  test(
    "and pulumi destroy takes it away",
    async () => {
      await runLines("pulumi destroy", { cwd, env });
      expect(await release()).toBeUndefined();
    },
    slow,
  );
});
