import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Memory } from "./memory.ts";

/** Moves when what is remembered changes its shape: an older file is then forgotten. */
const VERSION = 1;
const DAY_MS = 86_400_000;
/** What nobody asked for in so long belongs to pull requests that are closed. */
const KEPT_DAYS = 14;

interface Entry {
  readonly value: unknown;
  /** Day of its last use, counted from 1970. */
  day: number;
}

/**
 * A memory in one JSON file. A file that is missing, unreadable or of another version is an empty memory. Two drivers at once
 * do no harm: the file is replaced whole, and the last one wins.
 */
export async function fileMemory(path: string, now: () => number): Promise<Memory> {
  const today = Math.floor(now() / DAY_MS);
  const entries = await read(path);
  let dirty = false;
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (entry.day !== today) {
        entry.day = today;
        dirty = true;
      }
      return entry.value;
    },
    set(key, value) {
      // What is said again on each run does not make a file to be written.
      if (entries.get(key)?.value === value && entries.get(key)?.day === today) return;
      entries.set(key, { value, day: today });
      dirty = true;
    },
    async save() {
      if (!dirty) return;
      const kept = [...entries].filter(([, { day }]) => today - day <= KEPT_DAYS);
      await write(path, JSON.stringify({ version: VERSION, entries: Object.fromEntries(kept) })).catch(() => undefined);
      dirty = false;
    },
  };
}

/** Remembers until the process ends. */
export function shortMemory(): Memory {
  const entries = new Map<string, unknown>();
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    save: () => Promise.resolve(),
  };
}

async function read(path: string): Promise<Map<string, Entry>> {
  try {
    const stored = JSON.parse(await readFile(path, "utf8")) as { version?: unknown; entries?: Record<string, Entry> };
    return new Map(stored.version === VERSION ? Object.entries(stored.entries ?? {}) : []);
  } catch {
    return new Map();
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}`;
  try {
    // It holds what only those who may read the repository should see.
    await writeFile(partial, text, { mode: 0o600 });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
