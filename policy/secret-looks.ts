import { at, textOf } from "./resource";
import type { Property } from "./property-path";

/** Ends of names whose values are secrets: `githubToken`, `DB_PASSWORD`, `api-key`. */
const NAME =
  /(^|[a-z0-9_.-])(password|passwd|passphrase|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credentials)$/i;
/** In environment variables also `COOKIE_SECRET`; in camel case, `pullSecret` is the name of a Secret. */
const VARIABLE = /^([A-Z0-9_]+_)?SECRET$/;

/** Values that are secrets whatever they are called. Sources: the issuers' own descriptions of their formats. */
const VALUES: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["a GitHub token", /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{20,}/],
  ["an AWS access key", /\b(AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a Google API key", /\bAIza[A-Za-z0-9_-]{35}/],
  ["a Slack token", /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a Pulumi access token", /\bpul-[0-9a-f]{40}\b/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/],
  ["a kubeconfig with credentials", /\bclient-key-data"?:\s*\S/],
  ["a URL with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/],
];

/** Why a property looks like a secret, as the end of a sentence; undefined where it does not. Never shows the value. */
export function secretLooks({ key, value, owner }: Pick<Property, "key" | "value" | "owner">): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const kind = VALUES.find(([, pattern]) => pattern.test(text))?.[0];
  if (kind !== undefined) return `holds ${kind}`;
  const name = nameOf(key, owner);
  return NAME.test(name) || VARIABLE.test(name) ? "is named like a secret" : undefined;
}

/** What a value is called: an environment variable is `{ name: "DB_PASSWORD", value: "…" }`. */
function nameOf(key: string, owner: unknown): string {
  return key === "value" ? (textOf(at(owner, "name")) ?? key) : key;
}
