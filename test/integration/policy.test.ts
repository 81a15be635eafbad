import { copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import {
  LocalWorkspace,
  type EngineEvent,
  type PulumiFn,
  type Stack,
  type UpOptions,
} from "@pulumi/pulumi/automation/index.js";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { previewDefaults, type PreviewSpec } from "../../components/manifests/preview.ts";
import { findPlugins } from "../../sandbox/instance-plugins.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { platformPolicyConfig, platformSettings } from "../../sandbox/platform-settings.ts";
import { choosePlugin } from "../../sandbox/plugin-path.ts";
import { previewProgram } from "../../stacks/preview/program.ts";
import { startApiServer, type ApiServer } from "../support/api-server.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { testTools, type TestTools } from "../support/test-tools.ts";
import { testPulumi, type TestPulumi } from "./plugins/test-stack.ts";

const pack = join(projectRoot, "policy");

/** Official engines come with what runs policy packs, and cannot be had without. */
const official = (await findPlugins()).some(
  (plugin) => plugin.plugin === "analyzer-policy" && choosePlugin(plugin, {}).use !== "nothing",
);

/** One component, which needs no provider, with these inputs. */
function program(inputs: pulumi.Inputs, outputs: Record<string, unknown> = {}): PulumiFn {
  return () => {
    const component = new pulumi.ComponentResource("test:index:Component", "it", inputs);
    return Promise.resolve({ ...outputs, urn: component.urn });
  };
}

interface Outcome {
  readonly succeeded: boolean;
  /** Rule, level and what it is about, of every violation. */
  readonly violations: readonly string[];
  readonly message: string;
}

describe.skipIf(sandboxObstacle() !== undefined)("the policy pack, run by the engine", () => {
  let tools: TestTools;
  let engine: TestPulumi;

  beforeAll(async () => {
    tools = await testTools();
    engine = await testPulumi(tools, {});
  });
  afterAll(() => engine.remove());

  test.skipIf(official)("needs an analyzer, and says so where there is none", async () => {
    const stack = await newStack("none", [dirname(process.execPath), dirname(tools.bin.pulumi)].join(delimiter));
    const { succeeded, message } = await run(stack, "up", program({}));
    expect(succeeded).toBe(false);
    expect(message).toContain("could not start policy pack");
  });

  test("lets pass what keeps the rules", async () => {
    const outputs = { url: "http://kbot.example.com", token: pulumi.secret("x") };
    const { succeeded, violations } = await run(await newStack("good"), "up", program({ note: "x" }, outputs));
    expect({ succeeded, violations }).toEqual({ succeeded: true, violations: [] });
  });

  test("stops a resource before it is made, and tells why and what to do", async () => {
    const stack = await newStack("input");
    const inputs = { environment: { GITHUB_TOKEN: "x", OTHER_TOKEN: pulumi.secret("y") } };
    const { succeeded, violations, message } = await run(stack, "up", program(inputs));
    expect(succeeded).toBe(false);
    expect(violations).toEqual(["no-plain-secrets mandatory critical it"]);
    expect(message).toContain(
      'test:index:Component "it": environment.GITHUB_TOKEN is named like a secret, and is not marked as secret',
    );
    expect(message).toContain("See policy/README.md#no-plain-secrets.");
    expect(await urns(stack)).not.toContainEqual(expect.stringContaining("test:index:Component"));
  });

  test("tells a plain output from a secret one", async () => {
    const outputs = { token: "x", password: pulumi.secret("y") };
    const { succeeded, violations, message } = await run(await newStack("output"), "preview", program({}, outputs));
    expect(succeeded).toBe(false);
    expect(violations).toEqual(["no-plain-secret-outputs mandatory critical policy-output"]);
    expect(message).toContain('stack "policy-output": output token is named like a secret');
    expect(message).not.toContain("output password");
  });

  test("tells a plain setting from a secret one", async () => {
    const stack = await newStack("config");
    await stack.setConfig("policy:githubToken", { value: "x" });
    await stack.setConfig("policy:password", { value: "y", secret: true });
    const { succeeded, violations, message } = await run(stack, "preview", program({}));
    expect(succeeded).toBe(false);
    expect(violations).toEqual(["no-plain-secret-config mandatory critical policy-config"]);
    expect(message).toContain("configuration policy:githubToken is named like a secret");
    expect(message).not.toContain("policy:password");
  });

  test.for([
    [{ "no-plain-secret-outputs": "advisory" }, true, ["no-plain-secret-outputs advisory critical policy-levels"]],
    [{ all: "disabled" }, true, []],
    [
      { all: "disabled", "no-plain-secret-outputs": { enforcementLevel: "mandatory" } },
      false,
      ["no-plain-secret-outputs mandatory critical policy-levels"],
    ],
  ] as const)("takes rules as strictly as %j says", async ([config, succeeded, violations]) => {
    const outcome = await run(await newStack("levels"), "preview", program({}, { token: "x" }), config);
    expect(outcome).toMatchObject({ succeeded, violations });
  });

  test("refuses settings it does not understand", async () => {
    const config = { "production-chart-is-trusted": { registries: "ghcr.io" } };
    const { succeeded, message } = await run(await newStack("wrong"), "preview", program({}), config);
    expect(succeeded).toBe(false);
    expect(message).toContain("production-chart-is-trusted: registries: Invalid type. Expected: array, given: string");
  });

  describe("on a preview", () => {
    let api: ApiServer;

    beforeAll(async () => {
      api = await startApiServer(tools);
    });
    afterAll(() => api.stop());

    const spec: PreviewSpec = {
      ...previewDefaults,
      number: 41,
      repository: "den-vasyliev/kbot",
      sha: "0123456789abcdef0123456789abcdef01234567",
      branch: "feature",
      source: { ...previewDefaults.source, url: "https://github.example.com/den-vasyliev/kbot.git" },
    };
    const preview = (change: Partial<PreviewSpec>): PulumiFn => {
      const { kubeconfig } = api;
      return () => Promise.resolve(previewProgram({ spec: { ...spec, ...change }, kubeconfig }));
    };

    test("has nothing to say", async () => {
      const outcome = await run(await newStack("pr-41"), "preview", preview({}));
      expect(outcome).toMatchObject({ succeeded: true, violations: [] });
    });

    test("finds what one resource shows", async () => {
      const outcome = await run(await newStack("pr-41"), "preview", preview({ values: { hostNetwork: true } }));
      expect(outcome).toMatchObject({
        succeeded: false,
        violations: ["preview-has-no-host-namespaces mandatory critical release"],
      });
      expect(outcome.message).toContain('HelmRelease "app-preview/pr-41": spec.values.hostNetwork is true');
    });

    test("finds what the whole stack shows", async () => {
      const outcome = await run(await newStack("pr-41"), "preview", preview({ quota: {} }));
      expect(outcome).toMatchObject({
        succeeded: false,
        violations: ["preview-namespace-is-bounded mandatory high namespace"],
      });
      expect(outcome.message).toContain('Namespace "pr-41": no ResourceQuota that limits anything');
    });

    test("of another pull request knows these namespaces as foreign", async () => {
      const outcome = await run(await newStack("pr-42"), "preview", preview({}));
      expect(outcome.succeeded).toBe(false);
      expect(outcome.violations).toContain("preview-stays-in-its-namespaces mandatory critical namespace");
    });
  });

  describe("on the platform, at the repository's root", () => {
    const name = "platform";
    let folder: string;
    let api: ApiServer;
    let sandbox: Readonly<Record<string, string>>;

    beforeAll(async () => {
      api = await startApiServer(tools);
      folder = await mkdtemp(join(engine.backend, "platform-"));
      sandbox = {
        GITHUB_API_URL: "http://192.0.2.1:3000/api/v3",
        KUBECONFIG: api.kubeconfig,
        PREVIEW_HOST: "app.example.com",
      };
      await writeFile(join(folder, "Chart.yaml"), "apiVersion: v2\nname: empty\nversion: 1.0.0\n");
      await copyFile(join(projectRoot, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
      await pulumiIn(folder, "stack", "init", name);
    });
    afterAll(() => api.stop());

    test.for<[string, object, boolean, readonly string[]]>([
      ["as the sandbox has it, passes with what the sandbox tells the pack", {}, true, []],
      [
        "as the sandbox has it, is refused for the sandbox's registry without",
        {},
        false,
        ["production-chart-is-trusted"],
      ],
      [
        "that may be thrown away is refused",
        { protect: false },
        true,
        ["platform-namespaces-are-protected", "production-is-protected"],
      ],
    ])("%s", async ([, settings, told, refused]) => {
      const { stdout, exitCode } = await preview(settings, told ? platformPolicyConfig(sandbox) : {});
      const rules = [...stdout.matchAll(/\[mandatory\].* {2}([a-z-]+) {2}\(/g)].map(([, rule]) => rule);
      expect([...new Set(rules)].sort(), stdout).toEqual(refused);
      expect(exitCode, stdout).toBe(refused.length === 0 ? 0 : 255);
    });

    async function preview(settings: object, policyConfig: object) {
      const stackFile = join(folder, `Pulumi.${name}.yaml`);
      const policyFile = join(folder, "policy-config.json");
      const { encryptionsalt } = parse(await readFile(stackFile, "utf8")) as { readonly encryptionsalt: string };
      // Nobody serves the sandbox's charts here.
      const own = { fluxOperatorChart: folder, gatewayChart: folder, ...settings };
      const changed = Object.entries(own).map(([key, value]) => [`preview-environments:${key}`, value] as const);
      const config = { ...platformSettings(sandbox).config, ...Object.fromEntries(changed) };
      await writeFile(stackFile, stringify({ encryptionsalt, config }));
      await writeFile(policyFile, JSON.stringify(policyConfig));
      const policy = ["--policy-pack", "policy", "--policy-pack-config", policyFile];
      return pulumiIn(projectRoot, "preview", "--stack", name, "--config-file", stackFile, "--color=never", ...policy);
    }

    async function pulumiIn(cwd: string, ...args: readonly string[]) {
      const options = { cwd, env: { ...engine.env, TMPDIR: engine.backend }, all: true, reject: false } as const;
      const { all, exitCode } = await execa("pulumi", [...args, "--non-interactive"], options);
      return { stdout: all, exitCode };
    }
  });

  async function newStack(name: string, path?: string): Promise<Stack> {
    const envVars = { ...engine.env, TMPDIR: engine.backend, ...(path === undefined ? {} : { PATH: path }) };
    return LocalWorkspace.createOrSelectStack(
      { projectName: "policy", stackName: name, program: () => Promise.resolve() },
      { envVars, pulumiHome: join(engine.backend, "home"), workDir: await mkdtemp(join(engine.backend, `${name}-`)) },
    );
  }

  async function run(stack: Stack, kind: "up" | "preview", what: PulumiFn, config?: object): Promise<Outcome> {
    const violations: string[] = [];
    let message = "";
    const onEvent = ({ policyEvent }: EngineEvent) => {
      if (policyEvent === undefined) return;
      const { policyName, enforcementLevel, severity, resourceUrn } = policyEvent as PolicyEvent;
      violations.push([policyName, enforcementLevel, severity, resourceUrn.split("::").at(-1)].join(" "));
      message += policyEvent.message;
    };
    const configs = config === undefined ? {} : { policyPackConfigs: [await configFile(config)] };
    const options = { program: what, policyPacks: [pack], ...configs, onEvent } satisfies UpOptions;
    try {
      await (kind === "up" ? stack.up(options) : stack.preview(options));
      return { succeeded: true, violations, message };
    } catch (error) {
      return { succeeded: false, violations, message: `${message}\n${String(error)}` };
    }
  }

  async function configFile(config: object): Promise<string> {
    const file = join(await mkdtemp(join(engine.backend, "config-")), "config.json");
    await writeFile(file, JSON.stringify(config));
    return file;
  }
});

interface PolicyEvent {
  readonly policyName: string;
  readonly enforcementLevel: string;
  readonly severity?: string;
  readonly resourceUrn: string;
}

async function urns(stack: Stack): Promise<readonly string[]> {
  const state = (await stack.exportStack()).deployment as {
    readonly resources?: readonly { readonly urn: string }[];
  } | null;
  return (state?.resources ?? []).map(({ urn }) => urn);
}
