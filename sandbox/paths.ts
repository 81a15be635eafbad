import { homedir } from "node:os";
import { join } from "node:path";

/** Everything the sandbox writes lies below this folder: `$PREVIEW_SANDBOX_CACHE`, else the user's cache folder. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return (
    env["PREVIEW_SANDBOX_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "preview-environments")
  );
}

/** The folder of one running sandbox: its certificates, kubeconfig, logs, registry storage, repositories, Pulumi state. */
export function instanceRoot(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheRoot(env), "instances", name);
}

/** The checkout this file lies in. */
export const projectRoot = join(import.meta.dirname, "..");
