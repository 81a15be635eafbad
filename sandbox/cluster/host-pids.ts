import { readFile } from "node:fs/promises";

/**
 * Process ids of the sandbox's own PID namespace, as keys, and of this machine. Processes outside of that namespace, and
 * those of pods, which have namespaces of their own below it, are left out.
 */
export async function hostPids(pids: readonly number[]): Promise<Map<number, number>> {
  const statuses = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, "utf8").catch(() => "")));
  return new Map(statuses.flatMap((status) => namespacePids(status) ?? []).map(({ host, inner }) => [inner, host]));
}

/** The line "NSpid: HOST INNER" of /proc/PID/status: one number for every PID namespace the process is in. */
export function namespacePids(status: string): { readonly host: number; readonly inner: number } | undefined {
  const [host, inner, ...deeper] = (/^NSpid:\s+(.*)$/m.exec(status)?.[1] ?? "").split(/\s+/).map(Number);
  if (host === undefined || inner === undefined || deeper.length > 0) return undefined;
  return { host, inner };
}
