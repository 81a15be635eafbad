import { readFile } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import type { Problem } from "../problem.ts";

/** A kubeconfig that names a server, complete in itself: no file it refers to by a relative path. */
export interface Kubeconfig {
  /** The merged file, as JSON. Holds credentials. */
  readonly contents: string;
  readonly context: string;
  readonly server: string;
}

const KEY = "kubernetes.kubeconfig";

/** Reads and merges kubeconfig files as kubectl does: the first mention of a name wins. */
export async function readKubeconfig(from: {
  readonly paths: readonly string[];
  readonly context: string | undefined;
}): Promise<{ readonly value?: Kubeconfig; readonly problems: Problem[] }> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const merged = new KubeConfig();
  for (const path of from.paths) {
    try {
      const one = new KubeConfig();
      one.loadFromString(await readFile(path, "utf8"));
      one.makePathsAbsolute(dirname(path));
      merged.mergeConfig(one, true);
      merged.currentContext ||= one.currentContext;
    } catch (error) {
      return problem(KEY, `"${path}" ${fault(error)}; set KUBECONFIG or --kubeconfig to a kubeconfig file`);
    }
  }
  if (merged.contexts.length === 0) {
    return problem(KEY, `"${from.paths.join(delimiter)}" is no usable kubeconfig: it has no contexts`);
  }
  const names = merged.contexts.map(({ name }) => `"${name}"`).join(", ");
  const context = from.context ?? merged.currentContext;
  if (!context) return problem(KEY, `it has no current context; set --context to one of: ${names}`);
  merged.setCurrentContext(context);
  if (!merged.getContextObject(context)) {
    return problem("kubernetes.context", `"${context}" is not in the kubeconfig; allowed: ${names}`);
  }
  const server = merged.getCurrentCluster()?.server;
  if (!server) return problem(KEY, `its context "${context}" names no cluster with a server`);
  return { value: { contents: merged.exportConfig(), context, server }, problems: [] };
}

function problem(key: string, text: string): { readonly problems: Problem[] } {
  return { problems: [{ key, text }] };
}

function fault(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return "does not exist";
  // What is no mapping at all makes the client stumble over its missing parts.
  const why = error instanceof TypeError || !(error instanceof Error) ? "it has no clusters and users" : error.message;
  return `is no usable kubeconfig: ${why}`;
}
