import { execa } from "execa";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { repository } from "./cluster/git-host.ts";
import { projectRoot } from "./paths.ts";
import type { Stage } from "./stage.ts";
import { ensureSomeTools } from "./tools/ensure-tools.ts";
import { UsageError } from "./usage-error.ts";
import { startWorkshop, type Workshop } from "./workshop.ts";

export interface ClusterStageOptions {
  /** Name of the platform's stack, and of the kind cluster. */
  readonly name: string;
  readonly cluster: "kind" | "existing";
  /** Address of this machine as the cluster's nodes and pods reach it. Default, for kind only: Docker's own. */
  readonly address?: string;
}

const ports = { git: 3000, registry: 5000 };

/**
 * A cluster with the internet: the platform's images come from where they are published. The application's repository, its CI and
 * its registry are on this machine, at an address that the cluster reaches.
 */
export async function clusterStage({ name, cluster, address: given }: ClusterStageOptions): Promise<Stage> {
  const address = given ?? (cluster === "kind" ? await dockerAddress() : undefined);
  if (address === undefined) {
    throw new UsageError(
      "--cluster existing needs --address: the address of this machine as the cluster's nodes and pods reach it; " +
        `its containerd must pull from there over plain HTTP, port ${ports.registry}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "demo-"));
  const registry = `${address}:${ports.registry}`;
  const hosts = join(folder, "certs.d");
  const kubeconfig = cluster === "kind" ? join(folder, "kubeconfig") : undefined;
  const bin = join(folder, "bin");
  const pulumi = await pulumiVariables(folder);
  let workshop: Workshop | undefined;
  let programs: Readonly<Record<string, string>> = {};

  const variables = (): Record<string, string> => ({
    ...pulumi,
    ...workshop?.env,
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    PREVIEW_HOST: "kbot.example.com",
    PREVIEW_CACHE: join(folder, "driver"),
    PATH: [bin, join(projectRoot, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
  });
  const run = async (program: string, ...args: string[]) =>
    (await execa(program, args, { cwd: projectRoot, env: variables(), stdin: "ignore" })).stdout;
  const output = (key: string) =>
    run("pulumi", "stack", "output", key, "--stack", name, "--show-secrets", "--non-interactive");
  let isUp = false;

  return {
    title: `for ${cluster}: registry, git host, GitHub API on ${address}`,
    settings: {
      cluster,
      ...(cluster === "kind" ? { clusterName: name, registryHosts: hosts } : {}),
      appChart: `oci://${registry}/den-vasyliev/charts/kbot`,
      appInsecure: true,
      appInterval: "10s",
      host: "kbot.example.com",
      protect: false,
    },
    prepare: async (progress, signal) => {
      programs = await ensureSomeTools(["pulumi", "registry", "helm", "crane"], { progress, signal });
      await mkdir(bin);
      await symlink(programs["pulumi"] ?? "", join(bin, "pulumi"));
      await mkdir(join(hosts, registry), { recursive: true });
      await writeFile(join(hosts, registry, "hosts.toml"), plainHttp(registry));
    },
    up: async (_, signal) => {
      workshop = await startWorkshop({
        address,
        ports,
        folder: join(folder, "workshop"),
        repository,
        programs,
        signal,
      });
      return { found: false };
    },
    // The cluster is made by the platform: only then it has a kubeconfig, and its gateway an address.
    environment: async () => {
      const gateway = await output("gatewayAddress").catch(() => undefined);
      if (gateway === undefined) return variables();
      isUp = true;
      if (kubeconfig !== undefined) await writeFile(kubeconfig, await output("kubeconfig"), { mode: 0o600 });
      return { ...variables(), GATEWAY_ADDRESS: gateway };
    },
    down: async () => {
      try {
        // On a cluster that goes on, nothing of the previews may stay.
        if (isUp) await run(join(projectRoot, "bin", "previews.js"), "destroy", "41", "42", "--force");
        await run("pulumi", "destroy", "--stack", name, "--yes", "--skip-preview", "--non-interactive");
      } finally {
        await workshop?.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Docker's address on this machine, which the containers of every network of it reach. */
async function dockerAddress(): Promise<string> {
  const format = "{{range .IPAM.Config}}{{.Gateway}} {{end}}";
  const { stdout } = await execa("docker", ["network", "inspect", "bridge", "--format", format]);
  const address = stdout.split(/\s+/).find((one) => isIPv4(one));
  if (address !== undefined) return address;
  throw new UsageError(`Docker's network "bridge" has no IPv4 gateway ("${stdout.trim()}"): give --address`);
}

async function pulumiVariables(folder: string): Promise<Record<string, string>> {
  const backend = join(folder, "pulumi");
  await mkdir(backend);
  return {
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: randomBytes(18).toString("hex"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

function plainHttp(registry: string): string {
  return `server = "http://${registry}"\n\n[host."http://${registry}"]\n  capabilities = ["pull", "resolve"]\n`;
}
