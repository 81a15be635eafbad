import { createHash } from "node:crypto";
import type { KnownComment } from "../feedback/told.ts";
import { commentMarker, hasMarker } from "../report/comment-marker.ts";
import { ownAuthor, type IsOwn } from "./feedback-author.ts";
import { isGone, isRefused, isUnanswered } from "./feedback-trouble.ts";
import type { GitHubClient } from "./octokit-client.ts";

/** Keeps one comment on a pull request. */
export interface StickyComments {
  /** Whether it is known to say just this. */
  isThere(text: string, known: KnownComment | undefined): boolean;
  /** Writes the text unless it is there, and gives the comment it is in. */
  write(number: number, text: string, known: KnownComment | undefined, signal: AbortSignal): Promise<KnownComment>;
}

interface Found {
  readonly id: number;
  readonly text: string;
  readonly url: string;
}

export function stickyComments(
  { octokit, owner, repo }: Pick<GitHubClient, "octokit" | "owner" | "repo">,
  project: string,
): StickyComments {
  const marker = commentMarker(project);
  const where = { owner, repo };
  let author: IsOwn | undefined;

  async function write(number: number, text: string, known: KnownComment | undefined, signal: AbortSignal) {
    if (known !== undefined && isThere(text, known)) return known;
    const edited = known && (await edit(known.id, text, signal));
    if (edited) return edited;
    const found = await find(number, signal);
    if (found && sameText(found.text, text)) return { id: found.id, url: found.url, hash: hashOf(text) };
    return (found && (await edit(found.id, text, signal))) ?? (await createOnce(number, text, signal));
  }

  /** Undefined: somebody deleted it, or it is one that this token may not edit. */
  async function edit(id: number, body: string, signal: AbortSignal): Promise<KnownComment | undefined> {
    try {
      const { data } = await octokit.rest.issues.updateComment({ ...where, comment_id: id, body, request: { signal } });
      return { id, url: data.html_url, hash: hashOf(body) };
    } catch (error) {
      if (isGone(error) || isRefused(error)) return undefined;
      throw error;
    }
  }

  /** Where no answer came it may be there all the same: so it is looked for before another attempt. */
  async function createOnce(number: number, text: string, signal: AbortSignal): Promise<KnownComment> {
    try {
      return await create(number, text, signal);
    } catch (error) {
      if (signal.aborted || !isUnanswered(error)) throw error;
      const found = await find(number, signal);
      return found ? { id: found.id, url: found.url, hash: hashOf(found.text) } : create(number, text, signal);
    }
  }

  async function create(number: number, body: string, signal: AbortSignal): Promise<KnownComment> {
    const issue = { ...where, issue_number: number };
    const { data } = await octokit.rest.issues.createComment({ ...issue, body, request: { signal, retries: 0 } });
    return { id: data.id, url: data.html_url, hash: hashOf(body) };
  }

  /** The oldest of its own, over all pages: GitHub lists the oldest first. */
  async function find(number: number, signal: AbortSignal): Promise<Found | undefined> {
    const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
      ...where,
      issue_number: number,
      per_page: 100,
      request: { signal },
    });
    for await (const { data } of pages) {
      for (const { id, body = "", html_url: url, user } of data) {
        if (!hasMarker(body, marker)) continue;
        author ??= await ownAuthor(octokit, signal);
        if (author(user)) return { id, text: body, url };
      }
    }
    return undefined;
  }

  return { isThere, write };
}

function isThere(text: string, known: KnownComment | undefined): boolean {
  return known?.hash === hashOf(text);
}

function sameText(one: string, other: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trimEnd();
  return plain(one) === plain(other);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
