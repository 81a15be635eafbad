import { unreachable } from "../problem.ts";
import { statusOf, type GitHubClient } from "./octokit-client.ts";

/** One answer, reduced to what is used of it. */
export interface Read<T> {
  readonly value: T;
  /** URL of the next page. */
  readonly next: string | undefined;
  /** It is not the same as last time, or there was no last time. */
  readonly changed: boolean;
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

  async one<T>(url: string, reduce: (data: unknown) => T, signal: AbortSignal): Promise<Read<T>> {
    const { octokit, memory } = this.#client;
    const key = `etag/${url}`;
    const known = memory.get(key) as Remembered<T> | undefined;
    try {
      const answer = await octokit.request({
        method: "GET",
        url,
        headers: known ? { "if-none-match": known.etag } : {},
        request: { signal },
      });
      const { headers } = answer;
      const value = reduce(answer.data);
      const next = nextPage(headers.link);
      if (headers.etag) memory.set(key, { etag: headers.etag, value, ...(next === undefined ? {} : { next }) });
      return { value, next, changed: true };
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) !== 304 || !known) throw error;
      return { value: known.value, next: known.next, changed: false };
    }
  }

  /** Every page of a list, following GitHub's own links. */
  async all<T>(url: string, reduce: (item: never) => T, signal: AbortSignal, mostPages = Infinity): Promise<Read<T[]>> {
    const values: T[] = [];
    let changed = false;
    let next: string | undefined = url;
    for (let page = 0; next !== undefined && page < mostPages; page++) {
      const read: Read<T[]> = await this.one(next, (data) => listOf(data, this.#client.apiUrl).map(reduce), signal);
      values.push(...read.value);
      changed ||= read.changed;
      next = read.next;
    }
    return { value: values, next, changed };
  }
}

/** An answer that was cut off, or a proxy's page, arrives as something else than a list. */
function listOf(data: unknown, apiUrl: string): never[] {
  if (Array.isArray(data)) return data as never[];
  throw unreachable(
    "github.apiUrl",
    `${apiUrl} answered a list with something else: ${JSON.stringify(data).slice(0, 80)}`,
  );
}

function nextPage(link: string | undefined): string | undefined {
  return /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
}
