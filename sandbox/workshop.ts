import { execa } from "execa";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { answers } from "./cluster/probes.ts";
import { startHost, type RunningHost } from "./github/host.ts";
import { seed } from "./github/seed.ts";
import { diesWithUs } from "./tools/dies-with-us.ts";

export interface WorkshopOptions {
  /** Address of this machine under which the cluster's nodes and pods reach it. */
  readonly address: string;
  readonly ports: { readonly git: number; readonly registry: number };
  readonly folder: string;
  readonly repository: string;
  /** Absolute paths of `registry`, `helm` and `crane`. */
  readonly programs: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A git host, a registry and the app's CI, for a cluster that is not the sandbox's. They end with this process. */
export interface Workshop {
  /** GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN. */
  readonly env: Readonly<Record<string, string>>;
  /** "address:port", plain HTTP. */
  readonly registry: string;
  stop(): Promise<void>;
}

export async function startWorkshop(options: WorkshopOptions): Promise<Workshop> {
  const { address, ports, folder, repository, signal } = options;
  const token = `ghp_${randomBytes(18).toString("hex")}`;
  const tokenFile = join(folder, "github-token");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const host = await startHost({
    host: address,
    port: ports.git,
    dataFolder: join(folder, "github"),
    credentials: [{ login: "maintainer", token, permission: "admin" }],
    repositories: [repository],
    firstNumber: 41,
    rateLimit: 5000,
    log: () => undefined,
  });
  const env = { GITHUB_API_URL: host.apiUrl, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token };
  const registry = `${address}:${ports.registry}`;
  const running: Running[] = [];
  const stop = () => stopAll(host, running);
  try {
    running.push(await startRegistry(registry, options));
    await registryAnswers(registry);
    await seed({ env, registry, within: folder, ...(signal && { signal }) });
    running.push(startAppCi(host.apiUrl, registry, tokenFile, options));
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, registry, stop };
}

/** A program of ours. Not a promise, so that it can be handed on. */
interface Running {
  end(): Promise<void>;
}

async function startRegistry(addr: string, { folder, programs }: WorkshopOptions): Promise<Running> {
  const config = join(folder, "registry.yaml");
  const storage = { filesystem: { rootdirectory: join(folder, "registry") }, delete: { enabled: true } };
  await writeFile(config, stringify({ version: 0.1, log: { level: "warn" }, storage, http: { addr } }));
  const env = { OTEL_TRACES_EXPORTER: "none" };
  return start(programs["registry"] ?? "registry", ["serve", config], env);
}

async function registryAnswers(addr: string): Promise<void> {
  for (let attempt = 0; !(await answers(`http://${addr}/v2/`).catch(() => false)); attempt++) {
    if (attempt === 100) throw new Error(`the registry did not answer at ${addr} within 10 s: is the port taken?`);
    await sleep(100);
  }
}

function startAppCi(
  api: string,
  registry: string,
  tokenFile: string,
  { folder, repository, programs }: WorkshopOptions,
): Running {
  const options = { api, repository, "token-file": tokenFile, registry, data: join(folder, "app-ci") };
  const args = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
  const found = ["helm", "crane"].map((program) => dirname(programs[program] ?? ""));
  const env = { PATH: [...found, process.env["PATH"]].join(":") };
  const runner = join(import.meta.dirname, "app-ci", "runner.ts");
  return start(process.execPath, ["--import", "tsx", runner, ...args], env);
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = execa(...diesWithUs(program, args), {
    env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    reject: false,
  });
  return {
    end: async () => {
      child.kill("SIGTERM");
      await child;
    },
  };
}

async function stopAll(host: RunningHost, running: readonly Running[]): Promise<void> {
  await Promise.all(running.map((one) => one.end()));
  await host.stop();
}
