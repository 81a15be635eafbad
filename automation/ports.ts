import { createHash } from "node:crypto";
import { join } from "node:path";
import { onlyApp, policyOf } from "./apps.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { SharedPreviews } from "./cluster/shared-previews.ts";
import { usualConcurrency, type Config } from "./config.ts";
import type { Engine } from "./engines/engine.ts";
import type { Feedback } from "./feedback/feedback.ts";
import type { GitHub } from "./github/github.ts";
import type { EngineName } from "./model.ts";
import type { Memory } from "./memory/memory.ts";
import { previewSet } from "./preview-spec.ts";
import type { ImageRegistry } from "./registry/image-registry.ts";
import type { UrlCheck } from "./check/url-check.ts";

/** Everything the driver reaches the world through. */
export interface Ports {
  readonly github: GitHub;
  readonly registry: ImageRegistry;
  readonly cluster: Cluster;
  readonly engine: Engine;
  readonly urlCheck: UrlCheck;
  readonly feedback: Feedback;
  readonly memory: Memory;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The real ones. What is heavy is loaded here and not before, and what only some runs need when it is first used. */
export async function openPorts(config: Config, env: Environment): Promise<Ports> {
  const opening = openSharedPreviews(config, env);
  const remembering = import("./memory/file-memory.ts").then(({ fileMemory }) =>
    fileMemory(memoryPath(config), () => Date.now()),
  );
  const [
    { githubClient },
    { octokitGitHub },
    { octokitFeedback },
    { kubernetesCluster },
    shared,
    engine,
    memory,
    { httpUrlCheck },
  ] = await Promise.all([
    import("./github/octokit-client.ts"),
    import("./github/octokit-github.ts"),
    import("./github/octokit-feedback.ts"),
    import("./cluster/kubernetes-cluster.ts"),
    opening,
    Promise.all([opening, remembering]).then(([previews, remembered]) =>
      openEngine(config.engine, config, env, { shared: previews, memory: remembered }),
    ),
    remembering,
    import("./check/http-url-check.ts"),
  ]);
  const { repository, auth, kubeconfig, controlNamespace, route } = config;
  const { project } = config.pulumi;
  const { apiUrl, writeInterval } = config.github;
  const client = await githubClient({
    apiUrl,
    auth,
    repository,
    memory,
    writeInterval: writeInterval === undefined ? undefined : Number.parseFloat(writeInterval),
  });
  return {
    github: octokitGitHub(client),
    registry: lazyRegistry(config, env),
    cluster: kubernetesCluster({
      ...{ kubeconfig, controlNamespace, shared, env },
      ...{ engine: config.engine, gateway: route.gateway },
    }),
    engine,
    urlCheck: httpUrlCheck(),
    feedback: octokitFeedback({
      client,
      project,
      policy: policyOf(config, onlyApp),
      enabled: config.feedback,
      runUrl: runUrl(env),
      redact: engine.redact,
    }),
    memory,
  };
}

async function openSharedPreviews({ kubeconfig, controlNamespace }: Config, env: Environment): Promise<SharedPreviews> {
  const [{ KubernetesApi }, { sharedPreviews }] = await Promise.all([
    import("./cluster/kubernetes-api.ts"),
    import("./cluster/shared-previews.ts"),
  ]);
  return sharedPreviews(new KubernetesApi(kubeconfig, { ...env }), controlNamespace);
}

interface EngineUse {
  /** It is only to let go of previews, and need not be fit for new ones. Default: no. */
  readonly leaving?: boolean;
  /** What others ask for previews as well. Default: nobody does. */
  readonly shared?: SharedPreviews;
  /** What it may know from an earlier run. Default: nothing. */
  readonly memory?: Pick<Memory, "get" | "set">;
}

const noMemory: Pick<Memory, "get" | "set"> = { get: () => undefined, set: () => undefined };

/** The engine of that name, whichever the settings name. */
export async function openEngine(
  name: EngineName,
  config: Config,
  env: Environment,
  { leaving = false, shared: previews, memory = noMemory }: EngineUse = {},
): Promise<Engine> {
  const { repository, kubeconfig, controlNamespace, timeoutSeconds, policyPack, cacheFolder } = config;
  const { project, backendUrl } = config.pulumi;
  const shared = { repository, project, kubeconfig, timeoutSeconds, env };
  if (name === "automation") {
    const { automationEngine } = await import("./engines/automation/automation-engine.ts");
    return automationEngine({ ...shared, controlNamespace, backendUrl, cacheFolder, memory, policy: policyPack });
  }
  const [{ fluxEngine }, { policyCheck }, asked] = await Promise.all([
    import("./engines/flux/flux-engine.ts"),
    import("./engines/flux/policy-check.ts"),
    previews ?? openSharedPreviews(config, env),
  ]);
  const policy = policyPack && policyCheck({ ...shared, pack: policyPack, atOnce: usualConcurrency("automation") });
  return fluxEngine({ set: previewSet(config), kubeconfig, shared: asked, timeoutSeconds, env, policy, leaving });
}

/** The page of this run's log, where it runs in GitHub Actions. */
function runUrl({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id }: Environment) {
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
}

/** One file for each repository and project, so that drivers do not share one. */
function memoryPath({ cacheFolder, github, repository, pulumi }: Config): string {
  const identity = JSON.stringify([github.apiUrl, repository.toLowerCase(), pulumi.project, pulumi.backendUrl]);
  return join(cacheFolder, `${createHash("sha256").update(identity).digest("hex").slice(0, 16)}.json`);
}

function lazyRegistry({ registries }: Config, env: Environment): ImageRegistry {
  let registry: Promise<ImageRegistry> | undefined;
  return {
    state: async (reference, signal) => {
      registry ??= import("./registry/oci-registry.ts").then(({ ociRegistry }) => ociRegistry({ env, ...registries }));
      return (await registry).state(reference, signal);
    },
  };
}
