import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { InstanceCgroups } from "./cgroups.ts";
import type { InstanceFiles } from "./instance-files.ts";
import { lastLines } from "./last-lines.ts";
import { namespaceFile } from "./network.ts";
import { until } from "./until.ts";

/** Folders of this machine that containerd, the kubelet and CNI write to, whatever they are configured with. */
const writtenFolders = ["/var/lib", "/var/log"] as const;

/**
 * Starts the supervisor in cgroups, a network, a mount and a PID namespace of its own, where it stays when this process
 * ends. When it dies itself, the shell that is process 1 of the PID namespace ends too, and the kernel kills everything in
 * it: pods, shims and all. Meanwhile that shell reaps the orphans.
 */
export async function launchSupervisor(instance: string, files: InstanceFiles): Promise<void> {
  const cgroups = await InstanceCgroups.of(instance);
  const procs = await cgroups.create();
  const logFile = join(files.logs, "supervisor.log");
  const log = await open(logFile, "a");
  try {
    const supervisor = [process.execPath, "--import", "tsx", join(import.meta.dirname, "supervisor.ts"), instance];
    const args = [
      ...procs,
      "--",
      ...namespaces(instance),
      "sh",
      "-c",
      withinNamespaces(cacheRoot()),
      "sandbox",
      ...supervisor,
    ];
    const child = spawn("sh", ["-c", joinCgroups, "sandbox", ...args], {
      cwd: join(import.meta.dirname, "..", ".."),
      detached: true,
      env: withoutProxy(process.env),
      stdio: ["ignore", log.fd, log.fd],
    });
    await new Promise<void>((started, failed) => child.once("spawn", started).once("error", failed));
    child.unref();
    const inside = async (): Promise<boolean> => (await cgroups.pids()).length > 0;
    await until("the supervisor joining its cgroups", inside, { seconds: 10 }).catch(async (error: unknown) => {
      throw new Error(`the supervisor did not start${await lastLines(logFile)}`, { cause: error });
    });
  } finally {
    await log.close();
  }
}

/** No proxy is reached from in there, and none is needed. */
function withoutProxy(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|all|no)_proxy$/i.test(name)));
}

const joinCgroups = `set -e
while [ "$1" != -- ]; do echo $$ >"$1"; shift; done
shift
exec "$@"`;

function namespaces(instance: string): string[] {
  return [
    "nsenter",
    `--net=${namespaceFile(instance)}`,
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
  ];
}

/**
 * The script of process 1. Network namespaces of other sandboxes are unmounted, or this one would keep them alive; what is
 * written to folders of this machine stays in a tmpfs that ends with the mount namespace.
 */
export function withinNamespaces(cache: string): string {
  const hidden = writtenFolders.some((folder) => cache.startsWith(`${folder}/`));
  const kept = "/run/sandbox/cache";
  return [
    "set -e",
    "mount --make-rshared /",
    'for file in /run/netns/*; do umount "$file" 2>/dev/null || true; done',
    "mount -t tmpfs -o mode=755 sandbox /run",
    "mkdir -p /run/netns /run/lock",
    ...(hidden ? [`mkdir -p ${kept}`, `mount --rbind ${quote(cache)} ${kept}`] : []),
    ...writtenFolders.flatMap((folder) => {
      const scratch = `/run/sandbox${folder}`;
      const options = `lowerdir=${folder},upperdir=${scratch}/upper,workdir=${scratch}/work`;
      return [`mkdir -p ${scratch}/upper ${scratch}/work`, `mount -t overlay -o ${options} sandbox ${folder}`];
    }),
    ...(hidden ? [`mount --rbind ${kept} ${quote(cache)}`] : []),
    '"$@"',
    "exit $?",
  ].join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
