import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { access, chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder once, whoever else is making it at the same time. It is filled under another name and renamed when whole,
 * so that a folder that exists is complete, also after a kill in the middle. Answers whether it existed already.
 */
export async function cachedFolder(
  folder: string,
  fill: (partial: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  if (await exists(folder)) return true;
  await mkdir(dirname(folder), { recursive: true });
  const release = await lock(`${folder}.lock`, signal);
  try {
    if (await exists(folder)) return true;
    for (const stale of globSync(`${folder}.partial-*`)) await rm(stale, { recursive: true, force: true });
    const partial = await mkdtemp(`${folder}.partial-`);
    try {
      await chmod(partial, 0o755);
      await fill(partial);
      signal?.throwIfAborted();
      await rename(partial, folder);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
    return false;
  } finally {
    release();
  }
}

/**
 * Makes those of several folders that do not exist yet, all by one call of `fill`, which is given where to put what belongs
 * in each. Answers whether all of them existed. The order is that of taking the locks: keep it the same everywhere.
 */
export async function cachedFolders(
  folders: readonly string[],
  fill: (partials: ReadonlyMap<string, string>) => Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  const partials = new Map<string, string>();
  const from = async (index: number): Promise<void> => {
    const folder = folders[index];
    if (folder === undefined) return partials.size === 0 ? undefined : fill(partials);
    const existed = await cachedFolder(
      folder,
      (partial) => {
        partials.set(folder, partial);
        return from(index + 1);
      },
      signal,
    );
    if (existed) await from(index + 1);
  };
  await from(0);
  return partials.size === 0;
}

/**
 * Takes an exclusive lock of the kernel's, which cannot go stale: the helper that holds it ends when its input closes,
 * which is when it is released or when this process dies, however it dies.
 */
async function lock(file: string, signal?: AbortSignal): Promise<() => void> {
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    signal,
  });
  const failed = once(holder, "exit").then(([code]) => {
    throw new Error(`cannot lock "${file}": flock (of util-linux) ended with code ${String(code)}`);
  });
  await Promise.race([once(holder.stdout, "data"), failed]);
  failed.catch(() => undefined);
  return () => holder.stdin.end();
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
