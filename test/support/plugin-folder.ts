import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { findPlugins } from "../../sandbox/instance-plugins.ts";
import { choosePlugin } from "../../sandbox/plugin-path.ts";
import type { TestTools } from "./test-tools.ts";

/** A folder for the end of PATH, with the plugins a sandbox would use: official ones first, stand-ins for want of them. */
export async function pluginFolder(folder: string, { standIns }: Pick<TestTools, "standIns">): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const plugin of await findPlugins()) {
    const { program, use, file } = choosePlugin(plugin, standIns);
    if (file !== undefined && use !== "path") await symlink(file, join(folder, program));
  }
  return folder;
}
