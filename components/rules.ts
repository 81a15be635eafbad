import type { Rule } from "./complete-args";
import { isDnsName, isDuration, isHostName } from "./manifests/kubernetes-syntax";

const OCI_CHART = /^oci:\/\/[^\s/]+(\/[^\s/]+)+$/;
const CHART = /^(oci|https?):\/\/\S+$|^\.{0,2}\/\S+$/;
const VERSION = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const PUBLIC_KEY = /^\s*-----BEGIN PUBLIC KEY-----\s[\s\S]+-----END PUBLIC KEY-----\s*$/;
const REGISTRY = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i;
const REPOSITORY = /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/;
const IMAGE = /^[^\s:@/]+(:\d+)?(\/[^\s:@/]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;

/** What arguments and settings may be; one vocabulary for components and stacks. */
export const rules = {
  name: text('a name of lower-case letters, digits and "-", at most 63', isDnsName),
  host: text('a lower-case host name such as "kbot.example.com"', isHostName),
  webhookHost: text(
    'a lower-case host name such as "hooks.example.com", or "*"',
    (value) => value === "*" || isHostName(value),
  ),
  duration: text('a duration such as "90s" or "5m"', isDuration),
  chart: text('a chart such as "oci://registry/charts/name", an https:// URL or a path', (value) => CHART.test(value)),
  ociChart: text('a chart in an OCI registry such as "oci://registry/charts/name"', (value) => OCI_CHART.test(value)),
  version: text('an exact version such as "1.2.3"', (value) => VERSION.test(value)),
  digest: text('a digest such as "sha256:" and 64 hex digits', (value) => DIGEST.test(value)),
  publicKey: text("a public key in PEM", (value) => PUBLIC_KEY.test(value)),
  image: text('an image such as "registry/name:tag"', (value) => IMAGE.test(value)),
  repository: text('a repository such as "owner/name"', (value) => REPOSITORY.test(value)),
  label: text("the name of a label, at most 50 characters", (value) => value.trim() !== "" && value.length <= 50),
  colour: text('a colour such as "1d76db"', (value) => /^[0-9a-f]{6}$/i.test(value)),
  event: text('an event of GitHub such as "pull_request"', (value) => /^[a-z_]+$/.test(value)),
  nonEmpty: text("a text", (value) => value.trim() !== ""),
  count: {
    allowed: "a whole number from 0",
    accepts: (value: unknown) => Number.isInteger(value) && Number(value) >= 0,
  },
  token: { ...text("a token without spaces", (value) => /^\S+$/.test(value)), secret: true },
  password: { ...text("a password", (value) => value !== ""), secret: true },
  privateKey: {
    ...text("a private key in PEM", (value) => /^\s*-----BEGIN (RSA )?PRIVATE KEY-----\s/.test(value)),
    secret: true,
  },
  number: text("a number in quotes", (value) => /^\d+$/.test(value)),
  url: text("a URL starting with https:// or http://", (value) => /^https?:\/\/[^\s/]+\S*$/.test(value)),
  registry: text('a registry such as "ghcr.io" or "registry.example.com:5000"', (value) => REGISTRY.test(value)),
  kubeconfig: {
    ...text("the contents of a kubeconfig or an absolute path", (value) => /^\/|\bclusters\b/.test(value)),
    secret: true,
  },
  port: {
    allowed: "a port from 1 to 65535",
    accepts: (value: unknown) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535,
  },
  absolutePath: text("an absolute path", (value) => value.startsWith("/")),
  flag: { allowed: "true or false", accepts: (value: unknown) => typeof value === "boolean" },
  object: { allowed: "an object", accepts: isObject },
} as const satisfies Record<string, Rule>;

/** One of a few words. */
export function oneOf(words: readonly string[]): Rule {
  return text(`one of ${words.map((word) => `"${word}"`).join(", ")}`, (value) => words.includes(value));
}

/** A list whose every item is accepted by a rule. */
export function listOf(item: Rule): Rule {
  return {
    allowed: `a list, each item ${item.allowed}`,
    accepts: (value) => Array.isArray(value) && value.every((each) => item.accepts(each)),
  };
}

/** A list of at least one item, each accepted by a rule. */
export function someOf(item: Rule): Rule {
  return {
    allowed: `a list of at least one item, each ${item.allowed}`,
    accepts: (value) => Array.isArray(value) && value.length > 0 && listOf(item).accepts(value),
  };
}

/** An object whose every value is accepted by a rule. */
export function mapOf(item: Rule): Rule {
  return {
    allowed: `an object, each value ${item.allowed}`,
    accepts: (value) => isObject(value) && Object.values(value).every((each) => item.accepts(each)),
  };
}

function text(allowed: string, accepts: (value: string) => boolean): Rule {
  return { allowed, accepts: (value) => typeof value === "string" && accepts(value) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
