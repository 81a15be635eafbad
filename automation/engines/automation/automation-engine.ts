import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgettingPatch } from "../../cluster/engine-traces.ts";
import type { Kubeconfig } from "../../cluster/kubeconfig.ts";
import { PreviewParts } from "../../cluster/preview-parts.ts";
import { orAborted } from "../../or-aborted.ts";
import { redactor } from "../../redact.ts";
import { driverSecrets } from "../driver-secrets.ts";
import { sameName, type Violation } from "../../model.ts";
import type { Memory } from "../../memory/memory.ts";
import type { PolicyPack } from "../../policy-pack.ts";
import { ProblemsError } from "../../problem.ts";
import { isDiyBackend } from "../../pulumi-backend.ts";
import { PolicyRefusal, PreviewError, type DeployRequest, type DeployRun, type Engine, type Run } from "../engine.ts";
import { cliVersion } from "./cli-version.ts";
import type { DeployJob, DestroyJob, JobPolicy, News, StackOrigin, StackSettings } from "./messages.ts";
import { ownerOf } from "./owner.ts";
import { pulumi } from "./pulumi-command.ts";
import { workerModule, WorkerPool } from "./worker-pool.ts";

export interface AutomationEngineOptions {
  readonly repository: string;
  readonly project: string;
  readonly backendUrl: string | undefined;
  readonly kubeconfig: Kubeconfig;
  readonly controlNamespace: string;
  readonly timeoutSeconds: number;
  /** Pack that every preview must satisfy. */
  readonly policy: PolicyPack | undefined;
  /** Folder of what may be kept between runs. */
  readonly cacheFolder: string;
  /** Of this machine: which version its CLI has. */
  readonly memory: Pick<Memory, "get" | "set">;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the stack of a preview holds: its nine objects, the component they belong to, the provider, and the stack itself. */
const RESOURCES = 12;

/** One Pulumi stack per preview, through the Automation API, in a pool of worker processes. */
export function automationEngine(options: AutomationEngineOptions): Engine {
  const { project, repository, backendUrl, kubeconfig, controlNamespace, timeoutSeconds, policy } = options;
  const env = pulumiEnvironment(options);
  /** An update that makes its stack needs the stack's full name. */
  const knowsFullNames = backendUrl !== undefined && isDiyBackend(backendUrl);
  const pool = new WorkerPool({ module: workerModule(), env });
  const redact = redactor(driverSecrets(options));
  const closed = new AbortController();
  const version = cliVersion({
    path: env["PATH"] ?? "",
    memory: options.memory,
    ask: () => pulumi(["version"], { env, cwd: tmpdir(), signal: closed.signal, redact }),
  });

  const fullNames = new Map<string, string>();
  /** Stacks that do not hold all of a preview: a run that was killed did not get to note the rest. */
  const incomplete = new Set<string>();

  const settings = (name: string): StackSettings => ({
    name,
    project,
    repository,
    kubeconfig: kubeconfig.contents,
    context: kubeconfig.context,
    timeoutSeconds,
  });

  async function run(
    job: Omit<DeployJob, "cliVersion"> | Omit<DestroyJob, "cliVersion">,
    { signal }: Run,
    tell: (news: News) => void,
  ): Promise<void> {
    try {
      await pool.run({ ...job, cliVersion: await orAborted(version(), signal) }, { signal, tell });
    } catch (error) {
      if (error instanceof PolicyRefusal) throw new PolicyRefusal(redact(error.message), { cause: error.cause });
      if (error instanceof PreviewError) throw new PreviewError(redact(error.message), { cause: error.cause });
      if (error instanceof ProblemsError) throw new PreviewError(messageOf(error), { cause: error });
      throw error;
    }
  }

  /** Set once the engine has shown that it cannot run policy packs. */
  let noAnalyzer = false;

  function jobPolicy(): JobPolicy | undefined {
    if (policy === undefined) return undefined;
    return { pack: policy, inEngine: !noAnalyzer || policy.rules === undefined };
  }

  /** What is there without the request's knowing is of an earlier run, as for a preview whose objects are gone. */
  const found = { exists: true, refresh: true, adopt: true };
  const missing = { exists: false, refresh: false, adopt: true };

  async function deploy(request: DeployRequest, context: DeployRun): Promise<void> {
    if (policy !== undefined) {
      // The worker makes the stack: after its check, since what is refused leaves none behind.
      await deployTo(request, request.exists ? "open" : "create", context);
    } else if (!request.exists) {
      if (knowsFullNames && (await deployTo(request, "update", context))) return;
      const isNew = await makeStack(request.name, context.signal);
      if (!isNew) context.progress("comparing a stack that was there with the cluster");
      await deployTo(isNew ? request : { ...request, ...found }, "open", context);
    } else {
      try {
        await deployTo(request, "open", context);
      } catch (error) {
        if (context.signal.aborted || !isAboutMissingStack(error)) throw error;
        context.progress("its stack is missing: making it around what is there");
        await deploy({ ...request, ...missing }, context);
      }
    }
  }

  /** Answers false if the update was to make the stack, and did not. */
  async function deployTo(
    { name, exists, refresh, ...request }: DeployRequest,
    stack: StackOrigin,
    context: DeployRun,
  ): Promise<boolean> {
    let isDone = true;
    const job = {
      kind: "deploy",
      ...settings(name),
      ...request,
      stack,
      refresh: exists && refresh,
      policy: jobPolicy(),
    } as const;
    await run(job, context, (news) => {
      if (news.type === "progress") context.progress(redact(news.text));
      else if (news.type === "not made") isDone = false;
      else if (news.type === "violation") context.violation?.(redacted(news.violation, redact));
      else if (!noAnalyzer) {
        noAnalyzer = true;
        context.note?.(
          `Pulumi's engine here cannot run policy packs (${redact(news.reason)}); ` +
            "the rules were run over what each program registers, before its update",
        );
      }
    });
    return isDone;
  }

  /** By the driver itself: the worker that goes on with it may still be loading Pulumi's SDK. Answers false if there is one. */
  async function makeStack(name: string, signal: AbortSignal): Promise<boolean> {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    try {
      await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify({ name: project, runtime: "nodejs" }));
      await pulumi(["stack", "init", name, "--no-select"], { env, cwd: folder, signal, redact });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const text = messageOf(error);
      if (!/stack .*already exists/.test(text)) throw new PreviewError(text, { cause: error });
      const owner = await repositoryOf(name, folder, signal);
      if (owner === undefined || sameName(owner, repository)) return false;
      throw new PreviewError(`its stack belongs to the repository ${owner}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** In a folder of the project the stack's own name will do; elsewhere it is the full one. */
  async function repositoryOf(stack: string, cwd: string, signal: AbortSignal): Promise<string | undefined> {
    return ownerOf(await pulumi(["stack", "export", "--stack", stack], { env, cwd, signal, redact }));
  }

  async function stacks(signal: AbortSignal): Promise<readonly string[]> {
    const args = ["stack", "ls", "--json", "--project", project];
    const output = await pulumi(args, { env, cwd: tmpdir(), signal, redact });
    const found = JSON.parse(output) as readonly { readonly name: string; readonly resourceCount?: number }[];
    fullNames.clear();
    incomplete.clear();
    for (const { name, resourceCount = RESOURCES } of found) {
      // Outside of a project Pulumi gives full names: organization/previews/pr-41.
      const stack = name.split("/").at(-1) ?? name;
      fullNames.set(stack, name);
      if (resourceCount < RESOURCES) incomplete.add(stack);
    }
    return [...fullNames.keys()];
  }

  return {
    // With a policy it is the worker that makes stacks, in the middle of its work.
    findsStacks: policy === undefined,
    prepare: (atOnce) => {
      if (atOnce === 0) return;
      pool.prepare(atOnce);
      // While the workers load. Whether it can be answered is the first job's to say.
      version().catch(() => undefined);
    },
    stacks,
    repositoryOf: (stack, signal) => repositoryOf(fullNames.get(stack) ?? stack, tmpdir(), signal),
    deploy,
    destroy: ({ name, careful }, context) =>
      run({ kind: "destroy", ...settings(name), careful: careful || incomplete.has(name) }, context, (news) => {
        if (news.type === "progress") context.progress(redact(news.text));
      }),
    // A stack does nothing by itself.
    yield: () => Promise.resolve(),
    async forget(name, { signal, progress }) {
      progress("taking Pulumi's marks off its objects");
      const parts = new PreviewParts({ kubeconfig, controlNamespace, env: options.env });
      await parts.patch(name, (metadata) => forgettingPatch(metadata, "automation"), signal);
      if (!(await stacks(signal)).includes(name)) return;
      progress("forgetting its stack");
      // Its objects are another engine's by now: forced, Pulumi drops what it knows of them and deletes none.
      const args = ["stack", "rm", fullNames.get(name) ?? name, "--force", "--yes"];
      await pulumi(args, { env, cwd: tmpdir(), signal, redact }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new PreviewError(`its stack could not be forgotten: ${messageOf(error)}`, { cause: error });
      });
    },
    close: async () => {
      closed.abort();
      await pool.close();
    },
    redact,
  };
}

function isAboutMissingStack(error: unknown): boolean {
  return error instanceof PreviewError && /no stack named .* found/.test(error.message);
}

function messageOf(error: unknown): string {
  if (error instanceof ProblemsError) return error.problems.map(({ text }) => text).join("; ");
  return error instanceof Error ? error.message : String(error);
}

function redacted({ resource, problem, ...rest }: Violation, redact: (text: string) => string): Violation {
  return { ...rest, resource: redact(resource), problem: redact(problem) };
}

/**
 * The CLI and its plugins are written in Go and live for seconds, with tens of megabytes in use: a tenth of their CPU time is for
 * collecting garbage. They collect later, but not above a size that a large provider may need.
 */
const collectLater = { GOGC: "400", GOMEMLIMIT: "512MiB" };

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
    // What the program tells its Kubernetes provider, for older ones, which know it by this name alone.
    PULUMI_K8S_ENABLE_PATCH_FORCE: "true",
    ...(env["GOGC"] === undefined && env["GOMEMLIMIT"] === undefined ? collectLater : {}),
    // To load Pulumi's SDK is most of what a worker needs to start, and compiling is half of that.
    NODE_COMPILE_CACHE: env["NODE_COMPILE_CACHE"] ?? join(cacheFolder, "compiled"),
    // Pulumi compiles the pack for each update, and takes longer for it than for the update, unless it finds it here.
    ...(policy === undefined ? {} : { TS_NODE_CACHE_DIRECTORY: join(cacheFolder, "policy") }),
  };
}
