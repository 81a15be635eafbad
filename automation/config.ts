import { availableParallelism, homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { readKubeconfig, type Kubeconfig } from "./cluster/kubeconfig.ts";
import { duration } from "./duration.ts";
import type { GitHubAuth } from "./github/octokit-client.ts";
import type { EngineName } from "./model.ts";
import { findPolicyPack, type PolicyPack } from "./policy-pack.ts";
import { ProblemsError } from "./problem.ts";
import { checkSettings } from "./settings/check.ts";
import { checkBackend, checkSecrets } from "./settings/environment.ts";
import { readSettingsFile } from "./settings/file.ts";
import { overlay } from "./settings/overlay.ts";
import type { FileSettings } from "./settings/schema.ts";

/** Everything the driver was told, complete and checked. Secrets come from the environment only. */
export interface Config extends Omit<FileSettings, "repository" | "concurrency"> {
  readonly repository: string;
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  readonly auth: GitHubAuth;
  /** Folder of what is remembered between runs. */
  readonly cacheFolder: string;
  readonly kubeconfig: Kubeconfig;
  /** The pack of `policy`. */
  readonly policyPack?: PolicyPack | undefined;
}

export interface ConfigSources {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags by the name of {@link settingSources}, without dashes; `config` is the path of previews.yaml. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** What is to be done takes the engines that the settings do not name, too. */
  readonly everyEngine?: boolean;
}

/** Reads previews.yaml, the environment and the flags. Throws one error that names every problem. Changes nothing. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const file = await readSettingsFile(sources.cwd, sources.flags["config"]);
  const { settings, problems } = checkSettings(overlay(file.settings, sources));
  const needsPulumi = settings.engine === "automation" || sources.everyEngine === true;
  const [secrets, kubeconfig, backend, policy] = await Promise.all([
    checkSecrets(sources.env, needsPulumi ? settings.pulumi.backendUrl : undefined),
    loadKubeconfig(settings, sources),
    needsPulumi ? checkBackend(settings.pulumi.backendUrl, sources.env) : [],
    findPolicyPack(settings, sources.cwd),
  ]);
  const found = [secrets, kubeconfig, policy].flatMap((each) => each.problems);
  const all = [...file.problems, ...problems, ...found, ...backend];
  if (all.length > 0 || settings.repository === undefined || kubeconfig.value === undefined) {
    throw new ProblemsError(all);
  }
  return deepFreeze({
    ...settings,
    repository: settings.repository,
    concurrency: settings.concurrency ?? usualConcurrency(settings.engine),
    timeoutSeconds: duration(settings.timeout),
    auth: secrets.auth,
    cacheFolder: cacheFolder(settings, sources),
    kubeconfig: kubeconfig.value,
    policyPack: policy.pack,
  });
}

/**
 * A stack takes a CPU of this machine, then waits for the cluster. With flux it is the cluster that works: Flux Operator goes
 * over all previews whenever one is new, so the sooner it knows of all, the fewer times it does.
 */
export function usualConcurrency(engine: EngineName): number {
  return engine === "flux" ? 500 : Math.min(2 * availableParallelism(), 8);
}

async function loadKubeconfig(settings: FileSettings, { cwd, env }: ConfigSources) {
  const home = env["HOME"] ?? homedir();
  const { kubeconfig = join(home, ".kube", "config"), context } = settings.kubernetes;
  const paths = kubeconfig
    .split(delimiter)
    .filter((path) => path !== "")
    .map((path) => resolve(cwd, path.replace(/^~(?=\/)/, home)));
  return readKubeconfig({ paths, context });
}

function cacheFolder({ cache }: FileSettings, { cwd, env }: ConfigSources): string {
  const home = env["HOME"] ?? homedir();
  if (cache !== undefined) return resolve(cwd, cache.replace(/^~(?=\/)/, home));
  return join(env["XDG_CACHE_HOME"] || join(home, ".cache"), "preview-environments", "driver");
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
