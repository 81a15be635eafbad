import { join } from "node:path";
import { instanceRoot } from "../paths.ts";

/** Where one instance keeps what. All of it goes with the instance. */
export interface InstanceFiles {
  readonly root: string;
  /** What the supervisor was started with. */
  readonly plan: string;
  /** What the supervisor says about itself. */
  readonly state: string;
  readonly logs: string;
  readonly pki: string;
  readonly kubeconfigs: string;
  readonly kubeconfig: string;
  readonly config: string;
  readonly containerd: string;
  readonly etcd: string;
  readonly kubelet: string;
  readonly cni: string;
  readonly registry: string;
  readonly github: string;
  readonly githubToken: string;
  /** The GitHub App that is installed on the app's repository, and its private key. */
  readonly githubApps: string;
  readonly githubAppKey: string;
  readonly appCi: string;
  readonly pulumiBackend: string;
  readonly pulumiHome: string;
  readonly passphrase: string;
  /** What the driver remembers of this instance. */
  readonly driver: string;
  readonly certificates: string;
  /** Links to kubectl, pulumi and helm: first on PATH. */
  readonly bin: string;
  /** Links to Pulumi plugins: last on PATH. */
  readonly plugins: string;
}

export function instanceFiles(name: string, env: NodeJS.ProcessEnv = process.env): InstanceFiles {
  const root = instanceRoot(name, env);
  const kubeconfigs = join(root, "kubeconfigs");
  return {
    root,
    plan: join(root, "plan.json"),
    state: join(root, "state.json"),
    logs: join(root, "logs"),
    pki: join(root, "pki"),
    kubeconfigs,
    kubeconfig: join(root, "kubeconfig"),
    config: join(root, "config"),
    containerd: join(root, "containerd"),
    etcd: join(root, "etcd"),
    kubelet: join(root, "kubelet"),
    cni: join(root, "cni"),
    registry: join(root, "registry"),
    github: join(root, "github"),
    appCi: join(root, "app-ci"),
    githubToken: join(root, "github-token"),
    githubApps: join(root, "github-apps.json"),
    githubAppKey: join(root, "github-app-key.pem"),
    pulumiBackend: join(root, "pulumi-backend"),
    pulumiHome: join(root, "pulumi-home"),
    passphrase: join(root, "passphrase"),
    driver: join(root, "driver"),
    certificates: join(root, "certificates.crt"),
    bin: join(root, "bin"),
    plugins: join(root, "plugins"),
  };
}
