import { spawn } from "node:child_process";
import * as z from "zod";
import { loginFrom, type Login } from "./login.ts";
import { Unreadable } from "./unreadable.ts";

export interface HelperCall {
  /** What comes after `docker-credential-`. */
  readonly name: string;
  /** As Docker names the registry to helpers. */
  readonly server: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds. */
  readonly timeout: number;
}

const LONGEST_ANSWER = 1024 * 1024;
const answer = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Asks a credential helper (https://github.com/docker/docker-credential-helpers). Nothing: it knows no login for this
 * server. What it prints is not repeated: it may hold the secret.
 */
export async function askHelper(
  { name, server, env, timeout }: HelperCall,
  signal: AbortSignal,
): Promise<Login | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name)) throw new Unreadable(`the credential helper "${name}" is no program's name`);
  const failed = (why: string) => new Unreadable(`"${program} get" ${why} for "${server}"`);

  const limit = AbortSignal.timeout(timeout);
  const result = await run(program, server, env, AbortSignal.any([signal, limit])).catch((error: unknown) => {
    signal.throwIfAborted();
    if (limit.aborted) throw failed(`took longer than ${timeout / 1000} s`);
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw missing ? failed("was not found on PATH") : failed("could not be run");
  });
  if (result.code !== 0) {
    if (/credentials not found/i.test(result.output)) return undefined;
    throw failed(`ended with exit code ${result.code ?? "none"}`);
  }
  const { Username, Secret } = parse(result.output) ?? {};
  const login = loginFrom(Username, Secret);
  if (!login) throw failed("answered no login");
  return login;
}

function parse(output: string): z.infer<typeof answer> | undefined {
  try {
    return answer.parse(JSON.parse(output));
  } catch {
    return undefined;
  }
}

async function run(
  program: string,
  input: string,
  env: HelperCall["env"],
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  // A group of its own: what a helper has started ends with it.
  const child = spawn(program, ["get"], { env, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  const end = () => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  try {
    return await new Promise((resolve, reject) => {
      let output = "";
      const stop = () => {
        reject(new Error("stopped", { cause: signal.reason }));
      };
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      child.on("error", reject);
      child.on("close", (code) => {
        signal.removeEventListener("abort", stop);
        resolve({ code, output });
      });
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        if (output.length > LONGEST_ANSWER) reject(new Error("it prints too much"));
      });
      // It may answer without reading.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
    });
  } catch (error) {
    end();
    child.stdout.destroy();
    throw error;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
