import { access, constants, glob } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheRoot } from "./paths.ts";
import { neededPlugins, type NeededPlugin, type OfficialPlugin } from "./plugin-path.ts";

/** What is official on this machine of the Pulumi plugins the product needs. */
export function findPlugins(): Promise<OfficialPlugin[]> {
  return Promise.all(
    neededPlugins.map(async (plugin) => ({ plugin, onPath: await onPath(plugin), cached: await cached(plugin) })),
  );
}

/** What earlier instances have put on PATH does not count. */
async function onPath(plugin: NeededPlugin): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder && !folder.startsWith(cacheRoot()));
  for (const folder of folders) {
    const file = join(folder, `pulumi-${plugin}`);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function cached(plugin: NeededPlugin): Promise<string[]> {
  const homes = new Set([process.env["PULUMI_HOME"], join(homedir(), ".pulumi")].filter((home) => home !== undefined));
  const files: string[] = [];
  for (const home of homes) {
    const plugins = join(home, "plugins");
    for await (const file of glob(`${plugin}-v*/pulumi-${plugin}`, { cwd: plugins })) {
      if (await isExecutable(join(plugins, file))) files.push(join(plugins, file));
    }
  }
  return files;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
