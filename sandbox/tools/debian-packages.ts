import { globSync } from "node:fs";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "../paths.ts";
import { contentHash } from "./content-hash.ts";
import { findProgram } from "./find-program.ts";
import { runProgram } from "./run-program.ts";
import type { DebianTool } from "./tool-list.ts";

/** Raise it when the way of unpacking changes the result. */
const recipe = "1";

/** Where the programs of unpacked packages are, and what they need to run from there. */
export interface SystemPrograms {
  readonly bin: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cniDir: string;
}

export async function aptIsThere(): Promise<boolean> {
  return (await Promise.all(["apt-get", "apt-cache", "dpkg-deb"].map((name) => findProgram(name)))).every(Boolean);
}

/** Versions are left to the machine's own release, which is therefore part of the name. */
export async function debianToolHash(tool: DebianTool): Promise<string> {
  return contentHash([recipe, process.arch, JSON.stringify(tool), await readFile("/etc/os-release", "utf8")]);
}

/** Fetches the packages and the libraries they need, and unpacks them into `folder`. Nothing of the system changes. */
export async function unpackDebianPackages(tool: DebianTool, folder: string, signal?: AbortSignal): Promise<void> {
  const apt = join(cacheRoot(), "apt");
  const downloads = join(folder, "downloads");
  for (const path of [join(apt, "lists", "partial"), join(apt, "cache", "archives", "partial"), downloads])
    await mkdir(path, { recursive: true });
  const settings = {
    "Dir::State::lists": join(apt, "lists"),
    "Dir::Cache": join(apt, "cache"),
    // Container images switch these off, and then every call reads all lists anew.
    "Dir::Cache::pkgcache": "pkgcache.bin",
    "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
    "Acquire::Languages": "none",
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const log = join(cacheRoot(), "logs", "debian-packages.log");
  const what = `fetch the Debian packages ${tool.packages.join(", ")}`;
  const run = (program: string, args: readonly string[]) =>
    runProgram({ what, program, args, cwd: downloads, log, signal });

  // A source that does not answer matters only if it has a package we need, which the download then says.
  await run("apt-get", [...options, "update"]).catch(() => undefined);
  signal?.throwIfAborted();
  const packages = await withLibraries(tool.packages, (names) => run("apt-cache", [...options, "depends", ...names]));
  await run("apt-get", [...options, "download", ...packages]);
  for (const file of globSync(join(downloads, "*.deb"))) await run("dpkg-deb", ["--extract", file, folder]);
  await rm(downloads, { recursive: true });
  await linkIptables(folder);
}

/** The packages and all libraries below them, except the C library: that one must be the machine's own. */
async function withLibraries(
  packages: readonly string[],
  depends: (names: readonly string[]) => Promise<string>,
): Promise<string[]> {
  const known = new Set(packages);
  let fresh = [...known];
  while (fresh.length > 0) {
    fresh = libraries(await depends(fresh)).filter((name) => !known.has(name));
    for (const name of fresh) known.add(name);
  }
  return [...known];
}

/** The shared libraries among what `apt-cache depends` prints. */
export function libraries(depends: string): string[] {
  const names = [...depends.matchAll(/^ [ |](?:Pre)?Depends: (lib[^\s:<>]+)/gm)].map(([, name]) => name ?? "");
  return [...new Set(names)].filter((name) => !/^lib(c6|gcc-s1|crypt1)$|-(bin|common|data)$/.test(name));
}

/** An installation would have made these links; the nf_tables flavour is Debian's choice too. */
async function linkIptables(folder: string): Promise<void> {
  for (const family of ["iptables", "ip6tables"])
    for (const name of [family, `${family}-save`, `${family}-restore`])
      await symlink("xtables-nft-multi", join(folder, "usr", "sbin", name));
}

export async function unpackedPackages(tool: DebianTool, folder: string): Promise<SystemPrograms> {
  const libraryFolders = globSync(join(folder, "{usr/lib,lib}", "*-linux-gnu*")).sort();
  const path = ["usr/sbin", "usr/bin", "sbin", "bin"].map((name) => join(folder, name));
  return {
    bin: await programsOf(tool, path),
    path,
    env: {
      LD_LIBRARY_PATH: libraryFolders.join(":"),
      XTABLES_LIBDIR: libraryFolders.map((name) => join(name, "xtables")).join(":"),
    },
    cniDir: join(folder, "usr", "lib", "cni"),
  };
}

/** On a machine that is no Debian: the same programs, as they are installed. */
export async function installedPackages(tool: DebianTool): Promise<SystemPrograms> {
  const bin = await programsOf(tool);
  const plugin = await findProgram("ptp", ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"]);
  const missing = tool.programs.filter((name) => bin[name] === undefined);
  if (missing.length > 0 || plugin === undefined)
    throw new Error(
      `cannot run a node, this machine lacks ${[...missing, ...(plugin ? [] : ["the CNI plugins"])].join(", ")}, and there ` +
        `is no apt-get to fetch them with: install ${tool.packages.join(", ")} by the means of this system`,
    );
  return { bin, path: [], env: {}, cniDir: dirname(plugin) };
}

async function programsOf(tool: DebianTool, folders?: readonly string[]): Promise<Record<string, string>> {
  const found = await Promise.all(tool.programs.map(async (name) => [name, await findProgram(name, folders)] as const));
  return Object.fromEntries(found.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}
