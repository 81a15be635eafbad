import { join } from "node:path";
import * as z from "zod";
import { dockerHub, isDockerHub, type ImageReference } from "./image-reference.ts";
import { loginFrom, type Login } from "./login.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const entry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

/** What of Docker's `config.json`, and Podman's `auth.json`, says how to log in. */
const schema = z.object({
  // One entry that makes no sense hides no other.
  auths: z.record(z.string(), entry.catch({})).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});
export type DockerConfig = z.infer<typeof schema>;

/** Where one file says that the login for an image is. A helper comes first, as with Docker. */
export interface LoginPlaces {
  readonly helper?: { readonly name: string; readonly server: string };
  readonly login?: Login;
}

/** Docker's key for Docker Hub. */
const DOCKER_HUB_SERVER = "https://index.docker.io/v1/";

/** The files that may hold a login, in the order they are asked. */
export function configFiles(env: Environment, home: string): readonly string[] {
  const set = (name: string) => env[name] || undefined;
  const docker = set("DOCKER_CONFIG") ?? join(home, ".docker");
  const runtime = set("XDG_RUNTIME_DIR");
  const files = [
    join(docker, "config.json"),
    set("REGISTRY_AUTH_FILE"),
    runtime === undefined ? undefined : join(runtime, "containers", "auth.json"),
  ];
  return [...new Set(files.filter((file) => file !== undefined))];
}

/** Nothing, where it is no such file. The parser's own words would quote it, and it holds secrets. */
export function parseDockerConfig(text: string): DockerConfig | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The closest entry wins: a repository's, its folder's, then its registry's. */
export function loginPlaces(config: DockerConfig, image: Pick<ImageReference, "registry" | "repository">): LoginPlaces {
  const helper = closest(Object.entries(config.credHelpers), image) ?? config.credsStore;
  const logins = Object.entries(config.auths).flatMap(([key, value]): [string, Login][] => {
    const login = entryLogin(value);
    return login ? [[key, login]] : [];
  });
  const login = closest(logins, image);
  const server = image.registry === dockerHub ? DOCKER_HUB_SERVER : image.registry;
  return { ...(helper && { helper: { name: helper, server } }), ...(login && { login }) };
}

function closest<T>(
  entries: readonly (readonly [string, T])[],
  { registry, repository }: Pick<ImageReference, "registry" | "repository">,
): T | undefined {
  const known = new Map([...entries].reverse().map(([key, value]) => [plainKey(key), value]));
  const parts = [registry, ...repository.split("/")];
  const names = parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
  return names.map((name) => known.get(name)).find((value) => value !== undefined);
}

/** Keys come as `ghcr.io`, `https://ghcr.io`, `https://index.docker.io/v1/` and, from Podman, `ghcr.io/acme`. */
function plainKey(key: string): string {
  const [host = "", ...path] = key
    .replace(/^https?:\/\//, "")
    .replace(/\/(?:v[12]\/?)?$/, "")
    .split("/");
  const registry = host.toLowerCase();
  return [isDockerHub(registry) ? dockerHub : registry, ...path].join("/");
}

function entryLogin({ auth, username, password, identitytoken }: z.infer<typeof entry>): Login | undefined {
  if (identitytoken) return { kind: "identityToken", token: identitytoken };
  if (!auth) return loginFrom(username, password);
  const decoded = Buffer.from(auth, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  // Docker has padded passwords with null bytes.
  const end = decoded.length - (/\0*$/.exec(decoded)?.[0].length ?? 0);
  return loginFrom(decoded.slice(0, colon), decoded.slice(colon + 1, end));
}
