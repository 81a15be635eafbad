import { Unreadable } from "./unreadable.ts";

/** An image reference with Docker's short forms written out. */
export interface ImageReference {
  /** The registry's name, as credentials are kept for it: `docker.io`, `ghcr.io`, `registry:5000`. */
  readonly registry: string;
  /** The host, with its port, that answers for it. */
  readonly host: string;
  readonly repository: string;
  /** The digest, else the tag. */
  readonly version: string;
}

export const dockerHub = "docker.io";
const DOCKER_HUB_HOST = "registry-1.docker.io";
const LONGEST_NAME = 255;

const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const hostPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const pathPattern = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

/** Reads a reference as Docker does (https://pkg.go.dev/github.com/distribution/reference). */
export function parseReference(text: string): ImageReference {
  // Who writes a login in front of a host does not want to read it again.
  const shown = text.replace(/^.*@(?!sha\d)/s, "…@");
  const wrong = (why: string) => new Unreadable(`"${shown}" is no image reference: ${why}`);
  const [named = "", digest, ...rest] = text.split("@");
  if (rest.length > 0) throw wrong('it has more than one "@"');
  if (digest !== undefined && !digestPattern.test(digest)) throw wrong(`"${digest}" is no digest such as "sha256:…"`);
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const name = tagged ? named.slice(0, colon) : named;
  const tag = tagged ? named.slice(colon + 1) : undefined;
  const { registry, repository } = splitName(name);

  if (!hostPattern.test(registry)) throw wrong(`"${registry}" is no host of a registry`);
  if (!repository.split("/").every((part) => pathPattern.test(part))) {
    throw wrong(`"${repository}" must be lower-case letters and digits, separated by ".", "_", "-" and "/"`);
  }
  if (registry.length + 1 + repository.length > LONGEST_NAME) {
    throw wrong(`its name is longer than ${LONGEST_NAME} characters`);
  }
  if (tag !== undefined && !tagPattern.test(tag)) {
    throw wrong(`the tag "${tag}" must be at most 128 letters, digits, "_", "." and "-"`);
  }
  return {
    registry,
    host: registry === dockerHub ? DOCKER_HUB_HOST : registry,
    repository,
    version: digest ?? tag ?? "latest",
  };
}

/** The first part is a host if it could be no folder of Docker Hub; else the whole is there. */
function splitName(name: string): Pick<ImageReference, "registry" | "repository"> {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = first === "localhost" || /[.:A-Z]/.test(first);
  const registry = hasHost ? first.toLowerCase() : dockerHub;
  const path = hasHost ? name.slice(slash + 1) : name;
  if (!isDockerHub(registry)) return { registry, repository: path };
  return { registry: dockerHub, repository: path.includes("/") ? path : `library/${path}` };
}

/** Docker Hub answers to several names. */
export function isDockerHub(registry: string): boolean {
  return [dockerHub, "index.docker.io", DOCKER_HUB_HOST].includes(registry);
}
