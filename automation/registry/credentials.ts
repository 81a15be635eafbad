import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { askHelper } from "./credential-helper.ts";
import { configFiles, loginPlaces, parseDockerConfig, type LoginPlaces } from "./docker-config.ts";
import type { ImageReference } from "./image-reference.ts";
import type { Login } from "./login.ts";
import { Unreadable } from "./unreadable.ts";

/** The login for an image, and what kept others from being found: told only if it turns out that one was needed. */
export interface FoundLogin {
  readonly login: Login | undefined;
  readonly problems: readonly string[];
}

export interface Credentials {
  find(image: ImageReference, signal: AbortSignal): Promise<FoundLogin>;
}

/** The logins that Docker and Podman keep on this machine. */
export function dockerCredentials({
  env,
  helperTimeout,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly helperTimeout: number;
}): Credentials {
  async function find(image: ImageReference, signal: AbortSignal): Promise<FoundLogin> {
    const problems: string[] = [];
    for (const file of configFiles(env, env["HOME"] ?? homedir())) {
      const { helper, login } = await orProblem(problems, () => placesIn(file, image), {});
      const asked =
        helper &&
        (await orProblem(problems, () => askHelper({ ...helper, env, timeout: helperTimeout }, signal), undefined));
      const found = asked ?? login;
      if (found) return { login: found, problems };
    }
    return { login: undefined, problems };
  }
  return { find };
}

/** A file or a helper that fails is not the end: the image may be public, or the login elsewhere. */
async function orProblem<T>(problems: string[], step: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    problems.push(error.message);
    return otherwise;
  }
}

async function placesIn(file: string, image: ImageReference): Promise<LoginPlaces> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Unreadable(`"${file}" could not be read (${code})`);
  });
  if (text === undefined) return {};
  const config = parseDockerConfig(text);
  if (!config) throw new Unreadable(`"${file}" is no Docker configuration in JSON`);
  return loginPlaces(config, image);
}
