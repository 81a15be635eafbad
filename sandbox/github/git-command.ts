import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const maxOutput = 64 * 1024 * 1024;

/**
 * The environment for a git that knows only what it is told: no settings of the user or the machine, no proxy, no prompt.
 * Settings travel in the environment, not as arguments, because they may hold a token.
 */
export function gitEnvironment(settings: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const entries = Object.entries({
    "http.proxy": "",
    "core.hooksPath": "/dev/null",
    "init.defaultBranch": "main",
    "gc.auto": "0",
    "maintenance.auto": "false",
    ...settings,
  });
  return {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

export interface GitOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** For its standard input. */
  readonly input?: string;
}

/** Runs git in a folder and answers what it printed. */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  try {
    const running = run("git", args, {
      cwd: folder,
      env: options.env ?? gitEnvironment(),
      maxBuffer: maxOutput,
      ...(options.signal && { signal: options.signal }),
    });
    running.child.stdin?.end(options.input);
    return (await running).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? "";
    throw new Error(`git ${args[0] ?? ""} failed in "${folder}": ${said || String(error)}`, { cause: error });
  }
}

/** As {@link git}, but undefined where git says no by its exit code. */
export async function tryGit(folder: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await git(folder, args);
  } catch (error) {
    const { code } = (error as Error).cause as { code?: unknown };
    if (typeof code === "number") return undefined;
    throw error;
  }
}
