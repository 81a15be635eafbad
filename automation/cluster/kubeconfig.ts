import { readFile } from "node:fs/promises";
import { delimiter, dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Problem } from "../problem.ts";

/** A kubeconfig that names a server, complete in itself: no file it refers to by a relative path. */
export interface Kubeconfig {
  /** The merged file, as JSON. Holds credentials. */
  readonly contents: string;
  readonly context: string;
  readonly server: string;
}

type Entry = Readonly<Record<string, unknown>>;

interface Named {
  readonly name: string;
  readonly [part: string]: unknown;
}

/** A kubeconfig file's own words: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
interface File {
  readonly clusters: readonly Named[];
  readonly users: readonly Named[];
  readonly contexts: readonly Named[];
  readonly "current-context": string | undefined;
}

const KEY = "kubernetes.kubeconfig";

/** Keys that hold the path of a file. */
const PATHS = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/** Reads and merges kubeconfig files as kubectl does: the first mention of a name wins. */
export async function readKubeconfig(from: {
  readonly paths: readonly string[];
  readonly context: string | undefined;
}): Promise<{ readonly value?: Kubeconfig; readonly problems: Problem[] }> {
  let merged: File = { clusters: [], users: [], contexts: [], "current-context": undefined };
  for (const path of from.paths) {
    try {
      merged = merge(merged, await readFileOf(path));
    } catch (error) {
      return problem(KEY, `"${path}" ${fault(error)}; set KUBECONFIG or --kubeconfig to a kubeconfig file`);
    }
  }
  if (merged.contexts.length === 0) {
    return problem(KEY, `"${from.paths.join(delimiter)}" is no usable kubeconfig: it has no contexts`);
  }
  const names = merged.contexts.map(({ name }) => `"${name}"`).join(", ");
  const context = from.context ?? merged["current-context"];
  if (!context) return problem(KEY, `it has no current context; set --context to one of: ${names}`);
  const chosen = merged.contexts.find(({ name }) => name === context);
  if (!chosen) return problem("kubernetes.context", `"${context}" is not in the kubeconfig; allowed: ${names}`);
  const cluster = merged.clusters.find(({ name }) => name === entry(chosen["context"])["cluster"]);
  const server = entry(cluster?.["cluster"])["server"];
  if (typeof server !== "string" || server === "") {
    return problem(KEY, `its context "${context}" names no cluster with a server`);
  }
  const whole = { apiVersion: "v1", kind: "Config", preferences: {}, ...merged, "current-context": context };
  return { value: { contents: JSON.stringify(whole), context, server }, problems: [] };
}

async function readFileOf(path: string): Promise<File> {
  const file = entry(parse(await readFile(path, "utf8")) as unknown);
  const current = file["current-context"];
  return {
    clusters: named(file["clusters"], "cluster", dirname(path)),
    users: named(file["users"], "user", dirname(path)),
    contexts: named(file["contexts"], "context", dirname(path)),
    "current-context": typeof current === "string" && current !== "" ? current : undefined,
  };
}

/** The entries of a list, each with the paths in it made absolute. */
function named(list: unknown, part: string, folder: string): readonly Named[] {
  if (!Array.isArray(list)) return [];
  return list.map(entry).flatMap((one) => {
    const { name } = one;
    if (typeof name !== "string") return [];
    const absolute = Object.entries(entry(one[part])).map(([key, value]) => [
      key,
      PATHS.includes(key) && typeof value === "string" && value !== "" ? resolve(folder, value) : value,
    ]);
    return [{ ...one, name, [part]: Object.fromEntries(absolute) as Entry }];
  });
}

function merge(first: File, second: File): File {
  const both = (one: readonly Named[], other: readonly Named[]) => [
    ...one,
    ...other.filter(({ name }) => one.every((known) => known.name !== name)),
  ];
  return {
    clusters: both(first.clusters, second.clusters),
    users: both(first.users, second.users),
    contexts: both(first.contexts, second.contexts),
    "current-context": first["current-context"] ?? second["current-context"],
  };
}

function entry(value: unknown): Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Entry) : {};
}

function problem(key: string, text: string): { readonly problems: Problem[] } {
  return { problems: [{ key, text }] };
}

function fault(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return "does not exist";
  return `is no usable kubeconfig: ${error instanceof Error ? error.message : String(error)}`;
}
