import { copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot, projectRoot } from "../paths.ts";
import { contentHash, folderContents } from "./content-hash.ts";
import { runProgram } from "./run-program.ts";
import { goToolchain, type GoTool } from "./tool-list.ts";

/** Raise it when the way of building changes the result. */
const recipe = "1";

export interface GoBuildOptions {
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const sourceFolder = (tool: GoTool) => join(projectRoot, "sandbox", tool.folder);

/** The environment of every go command: the user's own (proxy, checksum database), with our caches and one toolchain. */
export function goEnvironment(): Record<string, string> {
  return {
    GOTOOLCHAIN: goToolchain,
    GOMODCACHE: join(cacheRoot(), "go", "mod"),
    GOCACHE: join(cacheRoot(), "go", "build"),
    // not empty: that would let in what `go env -w` has set
    GOFLAGS: "-buildvcs=false",
    GOROOT: "",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
}

export async function goToolHash(tool: GoTool): Promise<string> {
  const sources = await folderContents(sourceFolder(tool), ["go.mod", "go.sum", "**/*.go"]);
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

/** Builds the tool into `folder`: the programs in `bin/`, and the files of its module that are wanted beside them. */
export async function buildGoTool(tool: GoTool, folder: string, options: GoBuildOptions): Promise<void> {
  const run = (program: string, args: readonly string[]) =>
    runProgram({
      what: `build "${tool.name}"`,
      program,
      args,
      cwd: sourceFolder(tool),
      env: goEnvironment(),
      log: join(cacheRoot(), "logs", `build-${tool.name}.log`),
      ...options,
    });
  // The toolchain's own program: the installed one would become it by an exec that forgets whom it is to die with.
  const toolchain = join(await run("go", ["env", "GOROOT"]), "bin", "go");
  const go = (args: readonly string[]) => run(toolchain, args);
  const moduleFolder = async (module: string) =>
    (JSON.parse(await go(["mod", "download", "-json", `${module}@${await goToolVersion(tool)}`])) as { Dir: string })
      .Dir;

  const work = join(folder, "work");
  await mkdir(join(folder, "bin"));
  const [program = tool.name, ...links] = tool.programs;
  const file = links.length === 0 ? program : tool.name;
  await go([
    "build",
    "-trimpath",
    `-ldflags=${linkerFlags(tool, await goToolVersion(tool))}`,
    ...(await completedModule(tool, work, go, moduleFolder)),
    "-o",
    join(folder, "bin", file),
    tool.package,
  ]);
  if (links.length > 0) await Promise.all(tool.programs.map((name) => symlink(file, join(folder, "bin", name))));
  if (tool.module !== undefined && tool.files !== undefined) {
    const module = await moduleFolder(tool.module);
    for (const [from, to] of Object.entries(tool.files))
      await cp(join(module, from), join(folder, to), { recursive: true });
  }
  await rm(work, { recursive: true, force: true });
}

/** Flags that build from a copy of the module with the files it lacks added: the module cache must not be written to. */
async function completedModule(
  tool: GoTool,
  work: string,
  go: (args: readonly string[]) => Promise<string>,
  moduleFolder: (module: string) => Promise<string>,
): Promise<string[]> {
  if (tool.module === undefined || tool.missingFiles === undefined) return [];
  const copy = join(work, "module");
  await mkdir(work);
  await runProgram({
    what: `copy the module of "${tool.name}"`,
    program: "cp",
    args: ["--recursive", "--no-preserve=mode", await moduleFolder(tool.module), copy],
    log: join(cacheRoot(), "logs", `build-${tool.name}.log`),
  });
  for (const [path, content] of Object.entries(tool.missingFiles)) {
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await writeFile(join(copy, path), content);
  }
  for (const name of ["go.mod", "go.sum"]) await copyFile(join(sourceFolder(tool), name), join(work, name));
  await go(["mod", "edit", `-replace=${tool.module}=${copy}`, join(work, "go.mod")]);
  return [`-modfile=${join(work, "go.mod")}`];
}
