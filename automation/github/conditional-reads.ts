import pLimit from "p-limit";
import { unreachable } from "../problem.ts";
import { statusOf, type GitHubClient } from "./octokit-client.ts";
import { orAborted } from "../or-aborted.ts";

/** One answer, reduced to what is used of it. */
export interface Read<T> {
  readonly value: T;
  /** URL of the next page. */
  readonly next: string | undefined;
  /** It is not the same as last time, or there was no last time. */
  readonly changed: boolean;
}

/** GitHub asks for few requests at a time. */
const PAGES_AT_ONCE = 4;

/** The most that GitHub puts on a page, and what is asked for. */
export const PER_PAGE = 100;

export interface ListShape {
  readonly mostPages?: number;
  /** Whether what is new comes last. If it comes first, the first page changes whenever the list grows. */
  readonly growsAtEnd?: boolean;
}

interface Remembered<T> {
  readonly etag: string;
  readonly value: T;
  readonly next?: string;
}

/**
 * Reads with the ETag of the last answer: one that did not change costs nothing of the rate limit, and is not parsed. What is
 * remembered is the reduced value, which must be JSON.
 */
export class ConditionalReads {
  readonly #client: GitHubClient;

  constructor(client: GitHubClient) {
    this.#client = client;
  }

  async one<T>(
    url: string,
    reduce: (data: unknown) => T,
    signal: AbortSignal,
    lasts: (read: Pick<Read<T>, "value" | "next">) => boolean = () => true,
  ): Promise<Read<T>> {
    const { octokit, memory } = this.#client;
    const key = `etag/${url}`;
    const known = memory.get(key) as Remembered<T> | undefined;
    try {
      const headers = known ? { "if-none-match": known.etag } : {};
      const asked = octokit.request({ method: "GET", url, headers, request: { signal } });
      const answer = await orAborted(asked, signal);
      const value = reduce(whole(answer.data, this.#client.apiUrl));
      const next = nextPage(answer.headers.link);
      const { etag } = answer.headers;
      if (etag && lasts({ value, next })) memory.set(key, { etag, value, ...(next === undefined ? {} : { next }) });
      return { value, next, changed: true };
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) !== 304 || !known) throw error;
      return { value: known.value, next: known.next, changed: false };
    }
  }

  /**
   * Every page of a list, following GitHub's own links. Those that the last reading came by are asked for side by side: mostly
   * nothing has changed, and then waiting for answers is all there is to do.
   */
  async all<T>(
    url: string,
    reduce: (item: never) => T,
    signal: AbortSignal,
    { mostPages = Infinity, growsAtEnd = true }: ListShape = {},
  ): Promise<Read<T[]>> {
    const lasts = growsAtEnd ? isOpenEnded : undefined;
    const values: T[] = [];
    const items = (data: unknown) => listOf(data, this.#client.apiUrl).map(reduce);
    const failed = new AbortController();
    const ask = async (page: string): Promise<Read<T[]>> => {
      failed.signal.throwIfAborted();
      try {
        return await this.one(page, items, signal, lasts);
      } catch (error) {
        // What fails for one fails for the rest.
        failed.abort(error);
        throw error;
      }
    };
    const limit = pLimit(PAGES_AT_ONCE);
    const asked = new Map(this.#pagesBefore(url, mostPages).map((page) => [page, limit(ask, page)]));
    // A page that is no longer wanted may fail unheard.
    for (const page of asked.values()) page.catch(() => undefined);
    let changed = false;
    let next: string | undefined = url;
    for (let page = 0; next !== undefined && page < mostPages; page++) {
      const read: Read<T[]> = await (asked.get(next) ?? ask(next));
      values.push(...read.value);
      changed ||= read.changed;
      next = read.next;
    }
    return { value: values, next, changed };
  }

  /** The pages that the last reading came by, as far as they are remembered. */
  #pagesBefore(url: string, mostPages: number): readonly string[] {
    const pages: string[] = [];
    for (let next: string | undefined = url; next !== undefined && pages.length < mostPages;) {
      const known = this.#client.memory.get(`etag/${next}`) as Remembered<unknown> | undefined;
      if (known === undefined || pages.includes(next)) break;
      pages.push(next);
      next = known.next;
    }
    return pages;
  }
}

/** What was cut off, and a proxy's page, arrive as a text. Nothing is read out of one, and none is remembered. */
function whole(data: unknown, apiUrl: string): object {
  if (typeof data === "object" && data !== null) return data;
  throw unreachable("github.apiUrl", `the answer of ${apiUrl} is no JSON or was cut off: ${start(data)}`);
}

function listOf(data: unknown, apiUrl: string): never[] {
  if (Array.isArray(data)) return data as never[];
  throw unreachable("github.apiUrl", `${apiUrl} answered a list with something else: ${start(data)}`);
}

/**
 * Whether a page changes when the list grows at its end. An ETag is about what is on the page, not about the link to the next one: a
 * last page that is full stays what it was when another follows.
 */
function isOpenEnded({ value, next }: Pick<Read<readonly unknown[]>, "value" | "next">): boolean {
  return next !== undefined || value.length < PER_PAGE;
}

function start(data: unknown): string {
  return JSON.stringify(data).slice(0, 80);
}

function nextPage(link: string | undefined): string | undefined {
  return /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
}
