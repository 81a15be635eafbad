import { createHash } from "node:crypto";

const MAX_LENGTH = 63;
const HASH_LENGTH = 8;
const VALID = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/**
 * Any text as a valid Kubernetes label value: at most 63 of `A-Z a-z 0-9 . _ -`, with an alphanumeric at both ends.
 * Text that had to be altered gets a hash of the original as suffix, so that two texts never share a label.
 */
export function labelValue(text: string): string {
  if (text.length <= MAX_LENGTH && VALID.test(text)) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
  const readable = text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, MAX_LENGTH - HASH_LENGTH - 1)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  return readable === "" ? hash : `${readable}-${hash}`;
}

/** `owner/name` as a label value: `owner.name`. An owner has no dot on GitHub; elsewhere a hash keeps the two apart. */
export function repositoryLabel(repository: string): string {
  const [owner = "", name, ...rest] = repository.split("/");
  const unambiguous = name !== undefined && rest.length === 0 && !owner.includes(".");
  return labelValue(unambiguous ? `${owner}.${name}` : repository);
}
