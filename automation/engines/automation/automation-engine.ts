import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Kubeconfig } from "../../cluster/kubeconfig.ts";
import { redactor } from "../../redact.ts";
import { PreviewError, type DeployRequest, type Engine, type Run } from "../engine.ts";
import type { Job, StackSettings } from "./messages.ts";
import { ownerOf } from "./owner.ts";
import { pulumi } from "./pulumi-command.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface AutomationEngineOptions {
  readonly repository: string;
  readonly project: string;
  readonly backendUrl: string | undefined;
  readonly kubeconfig: Kubeconfig;
  readonly timeoutSeconds: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One Pulumi stack per preview, through the Automation API, in a pool of worker processes. */
export function automationEngine(options: AutomationEngineOptions): Engine {
  const { project, repository, kubeconfig, timeoutSeconds } = options;
  const env = pulumiEnvironment(options);
  const pool = new WorkerPool({ module: fileURLToPath(import.meta.resolve("./worker.ts")), env });
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

  async function run(job: Job, { signal, progress }: Run): Promise<void> {
    try {
      await pool.run(job, {
        signal,
        progress: (text) => {
          progress(redact(text));
        },
      });
    } catch (error) {
      if (error instanceof PreviewError) throw new PreviewError(redact(error.message), { cause: error.cause });
      throw error;
    }
  }

  return {
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
    deploy: ({ name, ...request }: DeployRequest, context) =>
      run({ kind: "deploy", ...settings(name), ...request }, context),
    destroy: ({ name, careful }, context) => run({ kind: "destroy", ...settings(name), careful }, context),
    close: () => pool.close(),
    redact,
  };
}

function pulumiEnvironment({ env, backendUrl }: AutomationEngineOptions): NodeJS.ProcessEnv {
  // A pull request's program has no business with the driver's own credentials.
  return {
    ...env,
    GITHUB_TOKEN: undefined,
    GITHUB_APP_PRIVATE_KEY: undefined,
    ...(backendUrl === undefined ? {} : { PULUMI_BACKEND_URL: backendUrl }),
    // A stack's own settings file does not outlive its run; what encrypts its secrets is in its state.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
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
