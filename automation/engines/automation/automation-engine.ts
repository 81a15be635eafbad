import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Kubeconfig } from "../../cluster/kubeconfig.ts";
import { redactor } from "../../redact.ts";
import type { Violation } from "../../model.ts";
import type { PolicyPack } from "../../policy-pack.ts";
import { PolicyRefusal, PreviewError, type DeployRequest, type DeployRun, type Engine, type Run } from "../engine.ts";
import type { Job, JobPolicy, News, StackSettings } from "./messages.ts";
import { ownerOf } from "./owner.ts";
import { pulumi } from "./pulumi-command.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface AutomationEngineOptions {
  readonly repository: string;
  readonly project: string;
  readonly backendUrl: string | undefined;
  readonly kubeconfig: Kubeconfig;
  readonly timeoutSeconds: number;
  /** Pack that every preview must satisfy. */
  readonly policy: PolicyPack | undefined;
  /** Folder of what may be kept between runs. */
  readonly cacheFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One Pulumi stack per preview, through the Automation API, in a pool of worker processes. */
export function automationEngine(options: AutomationEngineOptions): Engine {
  const { project, repository, kubeconfig, timeoutSeconds, policy } = options;
  const env = pulumiEnvironment(options);
  const pool = new WorkerPool({ module: workerModule(), env });
  const redact = redactor(secretsOf(options));

  const fullNames = new Map<string, string>();

  const settings = (name: string): StackSettings => ({
    name,
    project,
    repository,
    kubeconfig: kubeconfig.contents,
    context: kubeconfig.context,
    timeoutSeconds,
  });

  async function run(job: Job, { signal }: Run, tell: (news: News) => void): Promise<void> {
    try {
      await pool.run(job, { signal, tell });
    } catch (error) {
      if (error instanceof PolicyRefusal) throw new PolicyRefusal(redact(error.message), { cause: error.cause });
      if (error instanceof PreviewError) throw new PreviewError(redact(error.message), { cause: error.cause });
      throw error;
    }
  }

  /** Set once the engine has shown that it cannot run policy packs. */
  let noAnalyzer = false;

  function jobPolicy(): JobPolicy | undefined {
    if (policy === undefined) return undefined;
    return { pack: policy, inEngine: !noAnalyzer || policy.rules === undefined };
  }

  function deploy({ name, ...request }: DeployRequest, context: DeployRun): Promise<void> {
    return run({ kind: "deploy", ...settings(name), ...request, policy: jobPolicy() }, context, (news) => {
      if (news.type === "progress") context.progress(redact(news.text));
      else if (news.type === "violation") context.violation?.(redacted(news.violation, redact));
      else if (!noAnalyzer) {
        noAnalyzer = true;
        context.note?.(
          `Pulumi's engine here cannot run policy packs (${redact(news.reason)}); ` +
            "the rules were run over what each program registers, before its update",
        );
      }
    });
  }

  return {
    prepare: (atOnce) => {
      pool.prepare(atOnce);
    },
    async stacks(signal) {
      const output = await pulumi(["stack", "ls", "--json", "--project", project], {
        env,
        cwd: tmpdir(),
        signal,
        redact,
      });
      const stacks = JSON.parse(output) as readonly { readonly name: string }[];
      // Outside of a project Pulumi gives full names: organization/previews/pr-41.
      for (const { name } of stacks) fullNames.set(name.split("/").at(-1) ?? name, name);
      return [...fullNames.keys()];
    },
    async repositoryOf(stack, signal) {
      const args = ["stack", "export", "--stack", fullNames.get(stack) ?? stack];
      return ownerOf(await pulumi(args, { env, cwd: tmpdir(), signal, redact }));
    },
    deploy,
    destroy: ({ name, careful }, context) =>
      run({ kind: "destroy", ...settings(name), careful }, context, (news) => {
        if (news.type === "progress") context.progress(redact(news.text));
      }),
    close: () => pool.close(),
    redact,
  };
}

/** Beside this file as source; beside the bundle that this file is part of. */
function workerModule(): string {
  const name = import.meta.url.endsWith(".ts") ? "worker.ts" : "worker.cjs";
  return fileURLToPath(new URL(name, import.meta.url));
}

function redacted({ resource, problem, ...rest }: Violation, redact: (text: string) => string): Violation {
  return { ...rest, resource: redact(resource), problem: redact(problem) };
}

function pulumiEnvironment({ env, backendUrl, policy, cacheFolder }: AutomationEngineOptions): NodeJS.ProcessEnv {
  // A pull request's program has no business with the driver's own credentials.
  return {
    ...env,
    GITHUB_TOKEN: undefined,
    GITHUB_APP_PRIVATE_KEY: undefined,
    ...(backendUrl === undefined ? {} : { PULUMI_BACKEND_URL: backendUrl }),
    // A stack's own settings file does not outlive its run; what encrypts its secrets is in its state.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // To load Pulumi's SDK is most of what a worker needs to start, and compiling is half of that.
    NODE_COMPILE_CACHE: env["NODE_COMPILE_CACHE"] ?? join(cacheFolder, "compiled"),
    // Pulumi compiles the pack for each update, and takes longer for it than for the update, unless it finds it here.
    ...(policy === undefined ? {} : { TS_NODE_CACHE_DIRECTORY: join(cacheFolder, "policy") }),
  };
}

function secretsOf({ env, kubeconfig }: AutomationEngineOptions): string[] {
  const { users = [] } = JSON.parse(kubeconfig.contents) as { users?: readonly { user?: Record<string, unknown> }[] };
  const credentials = users.flatMap(({ user = {} }) => [user["token"], user["password"], user["client-key-data"]]);
  const own = ["GITHUB_TOKEN", "GITHUB_APP_PRIVATE_KEY", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"].map(
    (name) => env[name],
  );
  return [...credentials, ...own].filter((secret) => typeof secret === "string");
}
