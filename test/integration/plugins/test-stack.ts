import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, type Deployment, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { findPlugins } from "../../../sandbox/instance-plugins.ts";
import { choosePlugin } from "../../../sandbox/plugin-path.ts";
import { pluginFolder } from "../../support/plugin-folder.ts";
import type { TestTools } from "../../support/test-tools.ts";

/** Pulumi for one test file: a home and a backend of its own, official plugins first on PATH, stand-ins last. */
export interface TestPulumi {
  readonly env: Readonly<Record<string, string>>;
  readonly backend: string;
  /** Whose Kubernetes provider runs: each says things in its own words. */
  readonly kubernetesProvider: "official" | "stand-in";
  stack(name: string): Promise<TestStack>;
  remove(): Promise<void>;
}

/** A stack whose program is given anew with each update. */
export interface TestStack {
  readonly automation: Stack;
  up(program: PulumiFn): ReturnType<Stack["up"]>;
  preview(program: PulumiFn): ReturnType<Stack["preview"]>;
  resources(): Promise<readonly StateResource[]>;
  /** The checkpoint as it lies in the backend. */
  checkpoint(): Promise<string>;
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
}

const project = "plugins";

export async function testPulumi(
  tools: TestTools,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestPulumi> {
  const folder = await mkdtemp(join(tmpdir(), "plugins-"));
  const plugins = await pluginFolder(join(folder, "plugins"), tools);
  const kubernetesProvider = await whoseKubernetesProvider();
  // The Automation API looks for the CLI on the PATH of its own process.
  const before = process.env["PATH"] ?? "";
  process.env["PATH"] = [before, dirname(tools.bin.pulumi), plugins].join(delimiter);
  const env = {
    PATH: process.env["PATH"],
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "not a secret",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    ...environment,
  };
  return {
    env,
    backend: folder,
    kubernetesProvider,
    stack: (name) => testStack(name, env, folder),
    remove: async () => {
      process.env["PATH"] = before;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function whoseKubernetesProvider(): Promise<TestPulumi["kubernetesProvider"]> {
  const provider = (await findPlugins()).find(({ plugin }) => plugin === "resource-kubernetes");
  return provider === undefined || choosePlugin(provider, {}).use === "nothing" ? "stand-in" : "official";
}

async function testStack(name: string, envVars: Record<string, string>, backend: string): Promise<TestStack> {
  const nothing = () => Promise.resolve();
  const automation = await LocalWorkspace.createOrSelectStack(
    { projectName: project, stackName: name, program: nothing },
    { envVars, pulumiHome: join(backend, "home"), workDir: await mkdtemp(join(backend, `${name}-`)) },
  );
  return {
    automation,
    up: (program) => automation.up({ program }),
    preview: (program) => automation.preview({ program }),
    resources: async () => resourcesOf(await automation.exportStack()),
    checkpoint: () => readFile(join(backend, ".pulumi", "stacks", project, `${name}.json`), "utf8"),
  };
}

function resourcesOf({ deployment }: Deployment): readonly StateResource[] {
  return (deployment as { readonly resources?: readonly StateResource[] } | null)?.resources ?? [];
}

/** The state's resource of a type and a name in the program. */
export function findResource(
  resources: readonly StateResource[],
  type: string,
  name: string,
): StateResource | undefined {
  return resources.find((resource) => resource.type === type && resource.urn.endsWith(`::${name}`));
}
