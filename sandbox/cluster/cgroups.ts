import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killProcess } from "./kill-process.ts";
import { until } from "./until.ts";

/** One mounted cgroup tree: all of them under cgroup v1, the only one under v2, both kinds on a hybrid machine. */
export interface Hierarchy {
  readonly path: string;
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
}

/**
 * The hierarchies of /proc/self/mountinfo, whose fields are: id, parent, device, root, mount point, options, optional
 * fields up to a dash, type, source, super options. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function hierarchies(mountinfo: string): Hierarchy[] {
  return mountinfo.split("\n").flatMap((line): Hierarchy[] => {
    const [mount = "", filesystem = ""] = line.split(" - ");
    const path = mount.split(" ")[4];
    const [type, , options = ""] = filesystem.split(" ");
    if (path === undefined) return [];
    if (type === "cgroup2") return [{ path, version: 2, controllers: [] }];
    if (type !== "cgroup") return [];
    return [{ path, version: 1, controllers: options.split(",").filter((option) => option !== "rw") }];
  });
}

/** What the instance's cgroups are called, in every hierarchy. The kubelet puts its pods below it, we ourselves into `system`. */
export function cgroupName(instance: string): string {
  return `preview-${instance}`;
}

/**
 * An instance's cgroups: the kernel's own record of every process of the sandbox, whoever started it and whatever became of
 * its parent. It is there without a state file, and no process leaves it.
 */
export class InstanceCgroups {
  private constructor(
    private readonly name: string,
    private readonly hierarchies: readonly Hierarchy[],
  ) {}

  static async of(instance: string): Promise<InstanceCgroups> {
    return new InstanceCgroups(cgroupName(instance), hierarchies(await readFile("/proc/self/mountinfo", "utf8")));
  }

  /** Makes the groups and returns the `cgroup.procs` files a process writes itself into to belong to the instance. */
  async create(): Promise<string[]> {
    return Promise.all(
      this.hierarchies.map(async ({ path, version, controllers }) => {
        const own = join(path, this.name);
        const system = join(own, "system");
        await mkdir(system, { recursive: true });
        if (controllers.includes("cpuset")) for (const group of [own, system]) await inheritCpuset(path, group);
        // A v2 group hands controllers down only when told to, and only then may hold no process itself: hence `system`.
        if (version === 2) for (const group of [path, own]) await delegateControllers(group);
        return join(system, "cgroup.procs");
      }),
    );
  }

  /** The sandbox's processes, by the process ids of this machine. */
  async pids(): Promise<number[]> {
    const groups = (await Promise.all(this.hierarchies.map(({ path }) => subtree(join(path, this.name))))).flat();
    const procs = await Promise.all(
      groups.map((group) => readFile(join(group, "cgroup.procs"), "utf8").catch(() => "")),
    );
    return [...new Set(procs.flatMap((list) => list.split("\n").filter(Boolean).map(Number)))];
  }

  /** The group folders that exist, deepest first. */
  async folders(): Promise<string[]> {
    return (await Promise.all(this.hierarchies.map(({ path }) => subtree(join(path, this.name))))).flat();
  }

  /** Kills whatever is in the groups until nothing is: what is killed may have started something in between. */
  async kill(): Promise<void> {
    const killed = new Set<number>();
    const ended = async (): Promise<boolean> => {
      for (const pid of await this.pids()) {
        killed.add(pid);
        killProcess(pid);
      }
      // A process leaves its group before its parent, or the machine's first process, takes notice.
      return ![...killed].some((pid) => existsSync(`/proc/${pid}`));
    };
    await until(`the end of every process of cgroup "${this.name}"`, ended, { seconds: 5 }).catch(
      async (error: unknown) => {
        const left = await this.pids();
        if (left.length === 0) return;
        throw new Error(
          `the processes ${left.join(", ")} of cgroup "${this.name}" did not end on SIGKILL: they wait for the kernel ` +
            "(see `ps -o pid,stat,wchan,args -p PID`); run the command again when they are gone",
          { cause: error },
        );
      },
    );
  }

  async remove(): Promise<void> {
    for (const folder of await this.folders()) {
      for (let attempt = 0; ; attempt++) {
        try {
          await rmdir(folder);
          break;
        } catch (error) {
          if (!existsSync(folder)) break;
          // A dead process leaves its group a moment after it is gone from cgroup.procs.
          if (attempt === 100) throw new Error(`cannot remove the cgroup "${folder}"`, { cause: error });
          await sleep(20);
        }
      }
    }
  }
}

async function subtree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (!existsSync(folder)) return [];
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => subtree(join(folder, entry.name))),
  );
  return [...below.flat(), folder];
}

/** A new v1 cpuset group is empty and takes no process until it has processors and memory nodes. */
async function inheritCpuset(root: string, group: string): Promise<void> {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    await writeFile(join(group, file), await readFile(join(root, file), "utf8"));
  }
}

async function delegateControllers(group: string): Promise<void> {
  const controllers = (await readFile(join(group, "cgroup.controllers"), "utf8")).trim().split(" ").filter(Boolean);
  for (const controller of controllers) {
    // One that cannot be handed down here (threaded, or held by v1) must not keep the others.
    await writeFile(join(group, "cgroup.subtree_control"), `+${controller}`).catch(() => undefined);
  }
}
