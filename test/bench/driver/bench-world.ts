import { join } from "node:path";
import { execa } from "execa";
import { onlyApp } from "../../../automation/apps.ts";
import { loadConfig, type Config } from "../../../automation/config.ts";
import { openPorts, type Ports } from "../../../automation/ports.ts";
import { previewSpec } from "../../../automation/preview-spec.ts";
import type { PreviewSpec } from "../../../components/manifests/preview.ts";
import { projectRoot } from "../../../sandbox/paths.ts";
import { startDriverWorld, type DriverWorld } from "../../support/driver-world.ts";
import { kubernetesClient, type KubernetesClient } from "../../support/kubernetes-client.ts";
import type { RunOptions } from "../run-options.ts";
import type { Counts } from "./report.ts";

export interface BenchOptions extends RunOptions {
  readonly runs: number;
}

/** A world of its own for some measurements, and the ways to act in it. */
export interface Bench extends BenchOptions {
  readonly world: DriverWorld;
  readonly config: Config;
  /** The driver's own adapters, in this process. */
  readonly ports: Ports;
  readonly kubernetes: KubernetesClient;
  /** Runs a program in the driver's environment, to its end. Rejects unless it succeeds. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>;
  /** `previews sync`, as a whole command; it must converge. */
  sync(...flags: readonly string[]): Promise<void>;
}

/** Builds a world, measures in it, and takes it away again whatever happens. */
export async function inWorld<T>(options: BenchOptions, measure: (bench: Bench) => Promise<T>): Promise<T> {
  const { signal, tell } = options;
  signal.throwIfAborted();
  tell("a world of its own: API server, git host, Pulumi");
  const world = await startDriverWorld();
  try {
    signal.throwIfAborted();
    const cwd = join(world.folder, "work");
    const config = await loadConfig({ cwd, env: world.env, flags: {} });
    const ports = await openPorts(config, world.env);
    const run = runner(world, cwd, signal);
    try {
      return await measure({
        ...options,
        world,
        config,
        ports,
        kubernetes: await kubernetesClient(world.kubeconfig),
        run,
        sync: (...flags) => run(join(projectRoot, "bin/previews.js"), ["sync", "--json", ...flags]),
      });
    } finally {
      await ports.engine.close();
    }
  } finally {
    await world.stop();
  }
}

const TOLD_CHARACTERS = 4000;

function runner(world: DriverWorld, cwd: string, signal: AbortSignal): Bench["run"] {
  return async (program, args, env = {}) => {
    const { failed, all, exitCode } = await execa(program, args, {
      cwd,
      env: { ...world.env, ...env },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      reject: false,
      cancelSignal: signal,
      // Pulumi and the driver end in good order at the first interrupt.
      killSignal: "SIGINT",
      forceKillAfterDelay: 30_000,
    });
    signal.throwIfAborted();
    if (!failed) return;
    const command = [program, ...args].join(" ");
    throw new Error(`"${command}" ended with exit code ${String(exitCode)}:\n${all.slice(-TOLD_CHARACTERS)}`);
  };
}

/** The preview of a pull request that need not exist: no way to make it by hand asks GitHub. */
export function specOf({ config }: Pick<Bench, "config">, number: number, sha: string): PreviewSpec {
  const { repository } = config;
  const branch = `change-${number}`;
  const cloneUrl = `https://git.example.com/${repository}.git`;
  return previewSpec(
    config,
    {
      number,
      title: branch,
      author: "maintainer",
      authorAssociation: "OWNER",
      state: "open",
      draft: false,
      labels: [config.label],
      url: "",
      repository,
      createdAt: "",
      updatedAt: "",
      base: { branch: "main" },
      head: { sha, branch, repository, cloneUrl },
    },
    onlyApp,
  );
}

/** Some commit: forty digits that nobody fetches. */
export function commit(of: number, version: number): string {
  return `${of.toString(16)}${"0".repeat(8)}${version.toString(16)}`.padStart(40, "a");
}

/** What the driver asked of the outside since the last look. */
export async function counts({
  world,
}: Pick<Bench, "world">): Promise<Counts & { readonly githubNotModified: number }> {
  const { pulumi, github, kubernetes } = await world.footprint();
  return {
    pulumi: pulumi.length,
    githubRequests: github.length,
    githubNotModified: github.filter(({ status }) => status === 304).length,
    githubWrites: github.filter(({ method }) => method !== "GET").length,
    kubernetesRequests: kubernetes.length,
  };
}
