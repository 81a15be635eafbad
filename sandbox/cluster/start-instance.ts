import { execa } from "execa";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RegistrySeed } from "../images/ensure-registry-seed.ts";
import type { PluginChoice } from "../plugin-path.ts";
import type { Tools } from "../tools/ensure-tools.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { registerApp } from "./git-host.ts";
import { instanceFiles, type InstanceFiles } from "./instance-files.ts";
import { launchSupervisor } from "./launch.ts";
import { createNetwork, ipProgram } from "./network.ts";
import { writeWhole } from "./write-whole.ts";

/** What an instance is made of. */
export interface InstanceParts {
  readonly tools: Tools;
  readonly seed: Pick<RegistrySeed, "storage" | "pauseArchive">;
  readonly plugins: readonly PluginChoice[];
}

/** Creates everything of a new instance and starts its supervisor. */
export async function startInstance(instance: string, { tools, seed, plugins }: InstanceParts): Promise<ClusterPlan> {
  const files = instanceFiles(instance);
  await createFolders(files);
  await Promise.all([
    writeFile(files.githubToken, `ghp_${randomBytes(18).toString("hex")}\n`, { mode: 0o600 }),
    writeFile(files.passphrase, `${randomBytes(18).toString("hex")}\n`, { mode: 0o600 }),
    ...(["kubectl", "pulumi", "helm"] as const).map((program) => symlink(tools.bin[program], join(files.bin, program))),
    ...plugins.map(async ({ program, use, file }) => {
      if (file !== undefined && use !== "path") await symlink(file, join(files.plugins, program));
    }),
    registerApp(files),
    copyStorage(seed.storage, files.registry),
  ]);
  const addresses = await createNetwork(instance, ipProgram(tools.bin.ip, tools.env));
  const { bin, path, env, cniDir, versions } = tools;
  const plan: ClusterPlan = {
    instance,
    files,
    addresses,
    pauseArchive: seed.pauseArchive,
    tools: { bin, path, env, cniDir, versions },
  };
  await writeWhole(files.plan, JSON.stringify(plan, undefined, 2));
  await launchSupervisor(instance, files);
  return plan;
}

export async function readPlan(instance: string): Promise<ClusterPlan | undefined> {
  const text = await readFile(instanceFiles(instance).plan, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterPlan);
}

/**
 * Blobs never change, so they are linked. The registry writes tags in place, though: links to those would change the seed.
 * See PutContent in https://github.com/distribution/distribution/blob/v3.0.0/registry/storage/driver/filesystem/driver.go
 */
async function copyStorage(seed: string, storage: string): Promise<void> {
  const root = join("docker", "registry", "v2");
  await mkdir(join(storage, root), { recursive: true });
  await execa("cp", ["--recursive", "--link", join(seed, root, "blobs"), join(storage, root)]);
  await execa("cp", ["--recursive", join(seed, root, "repositories"), join(storage, root)]);
}

async function createFolders(files: InstanceFiles): Promise<void> {
  // What is in here opens the cluster and the Pulumi state.
  await mkdir(files.root, { recursive: true, mode: 0o700 });
  const { bin, config, github, logs, plugins, pulumiBackend, pulumiHome, registry } = files;
  for (const folder of [bin, config, github, logs, plugins, pulumiBackend, pulumiHome, registry]) await mkdir(folder);
}
