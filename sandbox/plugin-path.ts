import { basename, dirname } from "node:path";

/** The Pulumi plugins the product needs: the program of one is `pulumi-<kind>-<name>`. */
export const neededPlugins = [
  "analyzer-policy",
  "language-nodejs",
  "resource-command",
  "resource-kubernetes",
  "resource-random",
] as const;
export type NeededPlugin = (typeof neededPlugins)[number];

/** What this machine has of one official plugin. */
export interface OfficialPlugin {
  readonly plugin: NeededPlugin;
  /** The program on the user's PATH. */
  readonly onPath: string | undefined;
  /** Programs in Pulumi's plugin cache: "…/plugins/resource-kubernetes-v4.34.2/pulumi-resource-kubernetes". */
  readonly cached: readonly string[];
}

/** The program Pulumi will run for a plugin. All but one on the user's PATH are linked into a folder at the end of it. */
export interface PluginChoice {
  readonly program: string;
  readonly use: "path" | "cache" | "stand-in" | "nothing";
  readonly file?: string;
}

/**
 * What is official comes first. Pulumi's engine prefers PATH to its plugin cache, so a stand-in on PATH would hide an
 * official plugin in the cache: where there is one, that one goes on PATH.
 */
export function choosePlugin(
  { plugin, onPath, cached }: OfficialPlugin,
  standIns: Readonly<Record<string, string | undefined>>,
): PluginChoice {
  const program = `pulumi-${plugin}`;
  if (onPath !== undefined) return { program, use: "path", file: onPath };
  const newest = cached.toSorted(byVersion).at(-1);
  if (newest !== undefined) return { program, use: "cache", file: newest };
  const standIn = standIns[program];
  if (standIn !== undefined) return { program, use: "stand-in", file: standIn };
  return { program, use: "nothing" };
}

/** One line that names a stand-in as what it is. */
export function describePlugin({ program, use, file = "" }: PluginChoice): string {
  switch (use) {
    case "path":
    case "cache":
      return `${program}: official, ${file}`;
    case "stand-in":
      return `${program}: stand-in, for want of an official one on PATH or in Pulumi's plugin cache`;
    case "nothing":
      return `${program}: not found, Pulumi will look for it`;
  }
}

function byVersion(a: string, b: string): number {
  return versionOf(a).localeCompare(versionOf(b), "en", { numeric: true });
}

/** A release sorts behind its pre-releases: "4.34.2-alpha.1" before "4.34.2~". */
function versionOf(file: string): string {
  const folder = basename(dirname(file));
  const version = folder.slice(folder.lastIndexOf("-v") + 2);
  return version.includes("-") ? version : `${version}~`;
}
