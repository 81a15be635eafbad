import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import type { Problem } from "../problem.ts";
import { isGroup, type Group } from "./group.ts";

const DEFAULT_FILE = "previews.yaml";

/** Reads the settings file: the one named, which must exist, or previews.yaml where there is one. */
export async function readSettingsFile(
  cwd: string,
  named: string | undefined,
): Promise<{ readonly settings: Group; readonly problems: Problem[] }> {
  const path = resolve(cwd, named ?? DEFAULT_FILE);
  const failed = (key: string, text: string) => ({ settings: {}, problems: [{ key, text }] });
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    if (named === undefined && isMissing(error)) return { settings: {}, problems: [] };
    return failed("--config", `"${path}" cannot be read: ${describe(error)}`);
  }
  try {
    const settings = (parse(content) ?? {}) as unknown;
    if (isGroup(settings)) return { settings, problems: [] };
    return failed(named ?? DEFAULT_FILE, 'it must hold settings by name, such as "repository: owner/name"');
  } catch (error) {
    return failed(named ?? DEFAULT_FILE, `it is not valid YAML: ${describe(error)}`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
