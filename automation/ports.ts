import type { Cluster } from "./cluster/cluster.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engines/engine.ts";
import type { GitHub } from "./github/github.ts";

/** Everything the driver reaches the world through. */
export interface Ports {
  readonly github: GitHub;
  readonly cluster: Cluster;
  readonly engine: Engine;
}

/** The real ones. What is heavy is loaded here and not before. */
export async function openPorts(config: Config, env: Readonly<Record<string, string | undefined>>): Promise<Ports> {
  const [{ octokitGitHub }, { kubernetesCluster }, { automationEngine }] = await Promise.all([
    import("./github/octokit-github.ts"),
    import("./cluster/kubernetes-cluster.ts"),
    import("./engines/automation/automation-engine.ts"),
  ]);
  const { repository, token, kubeconfig, controlNamespace, engine, timeoutSeconds } = config;
  const { project, backendUrl } = config.pulumi;
  return {
    github: octokitGitHub({ apiUrl: config.github.apiUrl, token, repository }),
    cluster: kubernetesCluster({ kubeconfig, controlNamespace, engine }),
    engine: automationEngine({ repository, project, backendUrl, kubeconfig, timeoutSeconds, env }),
  };
}
