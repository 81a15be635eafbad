import { copyFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cacheRoot, projectRoot } from "../paths.ts";
import { contentHash, folderContents } from "./content-hash.ts";
import { runProgram } from "./run-program.ts";
import { goToolchain, type GoTool } from "./tool-list.ts";

/** Raise it when the way of building changes the result. */
const recipe = "3";

/** A tool that is to be built, and the folder it is to lie in. */
export interface GoBuild {
  readonly tool: GoTool;
  readonly folder: string;
}

export interface GoBuildOptions {
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a cluster spends its time in. Everything else is compiled without inlining, which is a fifth less work for the compiler; for
 * these it would show: an API server without inlining takes half as much CPU time again to start and to answer.
 */
const hot = [
  "std",
  "golang.org/x/...",
  "google.golang.org/grpc/...",
  "google.golang.org/protobuf/...",
  "go.etcd.io/...",
  "k8s.io/api/...",
  "k8s.io/apimachinery/...",
  "k8s.io/apiserver/...",
  "k8s.io/client-go/...",
  "k8s.io/kube-openapi/...",
  "sigs.k8s.io/json/...",
  "sigs.k8s.io/structured-merge-diff/...",
  "github.com/google/cel-go/...",
];

/** No debug information: an eighth of the compiler's work is for what the linker is told to leave out. */
const compilerFlags = ["'-gcflags=all=-dwarf=false -l'", ...hot.map((packages) => `-gcflags=${packages}=-dwarf=false`)];

const sourceFolder = ({ folder }: Pick<GoTool, "folder">) => join(projectRoot, "sandbox", folder);

/**
 * The environment of every go command: the user's own (proxy, checksum database), with our caches, one toolchain, and one
 * set of the flags that change what is compiled. Whoever builds with others finds nothing in the cache.
 */
export function goEnvironment(): Record<string, string> {
  return {
    GOTOOLCHAIN: goToolchain,
    GOMODCACHE: join(cacheRoot(), "go", "mod"),
    GOCACHE: join(cacheRoot(), "go", "build"),
    GOFLAGS: ["-buildvcs=false", "-trimpath", ...compilerFlags].join(" "),
    GOROOT: "",
    GOWORK: "off",
    CGO_ENABLED: "0",
    // A compiler lives for seconds: collecting its garbage, up to here, costs more than the memory is worth.
    GOGC: "off",
    GOMEMLIMIT: "2GiB",
  };
}

export async function goToolHash(tool: GoTool): Promise<string> {
  const own = tool.package.startsWith(".") ? [join(tool.package, "**/*.go")] : [];
  const sources = await folderContents(sourceFolder(tool), ["go.mod", "go.sum", ...own]);
  return contentHash([recipe, goToolchain, process.arch, JSON.stringify(tool), ...sources]);
}

export async function goToolVersion(tool: GoTool): Promise<string> {
  if (tool.module === undefined) return tool.version ?? "v0.0.0";
  return pinnedVersion(await readFile(join(sourceFolder(tool), "go.mod"), "utf8"), tool.module);
}

/** The version at which a go.mod requires a module. */
export function pinnedVersion(goMod: string, module: string): string {
  for (const line of goMod.split("\n")) {
    const [path, version] = line
      .trim()
      .replace(/^require\s+/, "")
      .split(/\s+/);
    if (path === module && version !== undefined) return version;
  }
  throw new Error(`go.mod does not require "${module}": run "go get ${module}@VERSION" in its folder`);
}

export function linkerFlags(tool: GoTool, version: string): string {
  return ["-s", "-w", ...(tool.stamps ?? []).map((stamp) => `-X ${stamp.replaceAll("{version}", version)}`)].join(" ");
}

/** What go calls the program of a package: by the last element of its path that is not a major version. */
export function programOf(goPackage: string): string {
  return basename(goPackage.replace(/\/v\d+$/, ""));
}

/**
 * Builds tools of one module into their folders: the programs in `bin/`, and the files of its module that are wanted beside
 * them. One command builds all, so that nothing they share is compiled twice at the same time, and one is linked, which
 * takes one core, while others are compiled.
 */
export async function buildGoTools(builds: readonly GoBuild[], options: GoBuildOptions): Promise<void> {
  const [first] = builds;
  if (first === undefined) return;
  const source = sourceFolder(first.tool);
  const what = builds.map(({ tool }) => `"${tool.name}"`).join(", ");
  const log = join(cacheRoot(), "logs", `build-${basename(source)}.log`);
  const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const all = { ...goEnvironment(), ...env };
    return runProgram({ what: `build ${what}`, program, args, cwd: source, env: all, log, ...options });
  };
  // The toolchain's own program: the installed one would become it by an exec that forgets whom it is to die with.
  const toolchain = join(await run("go", ["env", "GOROOT"]), "bin", "go");
  const go = (args: readonly string[]) => run(toolchain, args);
  const moduleFolder = async (tool: GoTool, module: string) => {
    const answer = await go(["mod", "download", "-json", `${module}@${await goToolVersion(tool)}`]);
    return (JSON.parse(answer) as { Dir: string }).Dir;
  };

  const work = join(first.folder, "work");
  const programs = join(work, "bin");
  await mkdir(programs, { recursive: true });
  const completed = await completedModules(builds, { work, source, log, go, moduleFolder });
  const flags = await Promise.all(
    builds.map(async ({ tool }) => `-ldflags=${tool.package}=${linkerFlags(tool, await goToolVersion(tool))}`),
  );
  const packages = builds.map(({ tool }) => tool.package);
  await Promise.all([
    // It fetches as many modules at a time as it believes to have processors, and most of a fetch is waiting.
    run(toolchain, ["list", "-deps", "-f={{/* fetch only */}}", ...completed, ...packages], { GOMAXPROCS: "16" }),
    // Meanwhile the processors have what needs no module.
    go(["build", "std"]),
  ]);
  await go(["build", "-v", ...flags, ...completed, "-o", `${programs}/`, ...packages]);

  for (const { tool, folder } of builds) {
    const bin = join(folder, "bin");
    await mkdir(bin);
    const [program = tool.name, ...links] = tool.programs;
    const file = links.length === 0 ? program : tool.name;
    await rename(join(programs, programOf(tool.package === "." ? source : tool.package)), join(bin, file));
    if (links.length > 0) await Promise.all(tool.programs.map((name) => symlink(file, join(bin, name))));
    if (tool.module === undefined || tool.files === undefined) continue;
    const module = await moduleFolder(tool, tool.module);
    for (const [from, to] of Object.entries(tool.files))
      await cp(join(module, from), join(folder, to), { recursive: true });
  }
  await rm(work, { recursive: true });
}

interface ModuleCopying {
  readonly work: string;
  readonly source: string;
  readonly log: string;
  readonly go: (args: readonly string[]) => Promise<string>;
  readonly moduleFolder: (tool: GoTool, module: string) => Promise<string>;
}

/** Flags that build from copies of modules with the files they lack added: the module cache must not be written to. */
async function completedModules(
  builds: readonly GoBuild[],
  { work, source, log, go, moduleFolder }: ModuleCopying,
): Promise<string[]> {
  const replacements: string[] = [];
  for (const { tool } of builds) {
    if (tool.module === undefined || tool.missingFiles === undefined) continue;
    const copy = join(work, "modules", tool.name);
    await mkdir(dirname(copy), { recursive: true });
    await runProgram({
      what: `copy the module of "${tool.name}"`,
      program: "cp",
      args: ["--recursive", "--no-preserve=mode", await moduleFolder(tool, tool.module), copy],
      log,
    });
    for (const [path, file] of Object.entries(tool.missingFiles)) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      if (typeof file === "string") await writeFile(join(copy, path), file);
      else await copyFile(join(copy, file.copyOf), join(copy, path));
    }
    replacements.push(`-replace=${tool.module}=${copy}`);
  }
  if (replacements.length === 0) return [];
  for (const name of ["go.mod", "go.sum"]) await copyFile(join(source, name), join(work, name));
  await go(["mod", "edit", ...replacements, join(work, "go.mod")]);
  return [`-modfile=${join(work, "go.mod")}`];
}
