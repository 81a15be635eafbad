import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { wrongSetting } from "../problem.ts";
import { remoteOf } from "./detect.ts";
import type { InitWorld, ProjectFolder } from "./world.ts";

/** Where a repository usually has its chart, the likeliest place first, and the folders that hold several. */
const CHART_FOLDERS = ["helm", "chart"];
const CHART_PARENTS = ["helm", "charts"];

const SCHEMA = join("node_modules", "preview-environments", "previews.schema.json");

/** The folder that `previews init` is called in; files are named relative to it. */
export function projectFolder(cwd: string, env: InitWorld["env"]): ProjectFolder {
  return {
    look: async () => {
      const [root = cwd, url] = await Promise.all([
        git(["rev-parse", "--show-toplevel"], { cwd, env }),
        git(["remote", "get-url", "origin"], { cwd, env }),
      ]);
      return { remote: url === undefined ? undefined : remoteOf(url), charts: await chartsIn(root) };
    },
    has: (file) => exists(resolve(cwd, file)),
    write: async (file, text, { replace, makeFolder = false }) => {
      const path = resolve(cwd, file);
      if (makeFolder) await mkdir(dirname(path), { recursive: true });
      return write({ path, file, text, replace });
    },
    schemaFor: (file) => nearestSchema(dirname(resolve(cwd, file))),
  };
}

interface Writing {
  readonly path: string;
  readonly file: string;
  readonly text: string;
  readonly replace: boolean;
}

/** Undefined: there is no git, no repository, or no such remote. */
async function git(
  args: readonly string[],
  place: { cwd: string; env: InitWorld["env"] },
): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", args, place);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

async function chartsIn(root: string): Promise<string[]> {
  const below = await Promise.all(CHART_PARENTS.map((parent) => foldersIn(root, parent)));
  const candidates = [...CHART_FOLDERS, ...below.flat()];
  const charts = await Promise.all(candidates.map((folder) => exists(join(root, folder, "Chart.yaml"))));
  return candidates.filter((_, index) => charts[index]).map((folder) => `./${folder}`);
}

async function foldersIn(root: string, parent: string): Promise<string[]> {
  const entries = await readdir(join(root, parent), { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() ? `${parent}/${entry.name}` : [])).toSorted();
}

/** As Node.js looks for a package: from the folder upwards. The path is the same on every machine. */
async function nearestSchema(folder: string): Promise<string | undefined> {
  for (let place = folder; ; place = dirname(place)) {
    const path = join(place, SCHEMA);
    if (await exists(path)) {
      const from = relative(folder, path).split(sep).join("/");
      return from.startsWith(".") ? from : `./${from}`;
    }
    if (place === dirname(place)) return undefined;
  }
}

/** Whole or not at all, and never over a file that came there meanwhile. False: there is one. */
async function write({ path, file, text, replace }: Writing): Promise<boolean> {
  const unfinished = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(unfinished, text, { flag: "wx" });
    // Unlike a rename, a link does not take the place of what is there.
    await (replace ? rename(unfinished, path) : link(unfinished, path));
    return true;
  } catch (error) {
    if (!replace && codeOf(error) === "EEXIST") return false;
    const why = codeOf(error) === "ENOENT" ? `there is no folder "${dirname(path)}"` : messageOf(error);
    throw wrongSetting("--output", `"${file}" cannot be written: ${why}`, error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
