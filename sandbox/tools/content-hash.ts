import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** A short name for what something is made of. Parts are kept apart, so that ["ab"] and ["a", "b"] differ. */
export function contentHash(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex").slice(0, 16);
}

/** The paths and contents of the files below a folder that match the patterns, in an order that never changes. */
export async function folderContents(folder: string, patterns: readonly string[]): Promise<string[]> {
  const paths = globSync([...patterns], { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return (await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path), "utf8")]))).flat();
}
