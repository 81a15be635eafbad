import { ApiError } from "./api-error.ts";

/** Query parameters that lead to the pages beside one. */
export interface CursorLinks {
  readonly prev?: { readonly before: string };
  readonly next?: { readonly after: string };
}

export interface CursorPage<T> {
  readonly items: readonly T[];
  readonly links: CursorLinks;
}

interface Wanted {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly perPage: number;
}

/**
 * A page of a list by cursors, which name items, not positions: what is added meanwhile shifts nothing.
 *
 * @param items in the order they are shown in, each with an id of its own
 * @throws ApiError for a cursor that is none
 */
export function cursorPage<T extends { readonly id: number }>(
  items: readonly T[],
  { before, after, perPage }: Wanted,
): CursorPage<T> {
  const end = before === undefined ? items.length : indexOf(items, before);
  const first = after === undefined ? 0 : indexOf(items, after) + 1;
  // Before a cursor are the items next to it, not those at the list's beginning.
  const start = before === undefined ? first : Math.max(first, end - perPage);
  const shown = items.slice(start, Math.min(end, start + perPage));
  const [head, tail] = [shown[0], shown.at(-1)];
  return {
    items: shown,
    links: {
      ...(head && start > 0 && { prev: { before: cursorOf(head) } }),
      ...(tail && start + shown.length < items.length && { next: { after: cursorOf(tail) } }),
    },
  };
}

/** The `Link` header; undefined when one page holds all. */
export function cursorLinkHeader(url: URL, { prev, next }: CursorLinks): string | undefined {
  const links = Object.entries({ prev, next }).flatMap(([rel, query]) =>
    query === undefined ? [] : [`<${withQuery(url, query)}>; rel="${rel}"`],
  );
  return links.length === 0 ? undefined : links.join(", ");
}

function withQuery(url: URL, query: object): string {
  const target = new URL(url);
  for (const name of ["before", "after"]) target.searchParams.delete(name);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, String(value));
  return target.href;
}

function cursorOf({ id }: { readonly id: number }): string {
  return Buffer.from(`cursor:${id}`).toString("base64url");
}

function indexOf(items: readonly { readonly id: number }[], cursor: string): number {
  const index = items.findIndex((item) => cursorOf(item) === cursor);
  if (index < 0) throw new ApiError(422, "The cursor does not exist in this list.");
  return index;
}
