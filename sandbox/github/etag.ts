import { createHash } from "node:crypto";

/** A name of an answer's content: of its body and of the links to the pages beside it. */
export function etagOf(body: string, link: string): string {
  return `W/"${createHash("sha256").update(body).update(link).digest("hex")}"`;
}

/** Whether an `If-None-Match` header names this content. */
export function matchesEtag(header: string | string[] | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  const wanted = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map(bare);
  return wanted.includes("*") || wanted.includes(bare(etag));
}
