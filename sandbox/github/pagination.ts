export interface Page {
  readonly page: number;
  readonly perPage: number;
}

const defaultPerPage = 30;
const maxPerPage = 100;

/** The page asked for; out-of-range numbers are brought into range, as GitHub does. */
export function pageOf(query: { readonly page?: unknown; readonly per_page?: unknown }): Page {
  const perPage = positive(query.per_page) ?? defaultPerPage;
  return { page: positive(query.page) ?? 1, perPage: Math.min(perPage, maxPerPage) };
}

export function slice<T>(items: readonly T[], { page, perPage }: Page): readonly T[] {
  return items.slice((page - 1) * perPage, page * perPage);
}

/** The `Link` header of one page of a list of `total` items; undefined when one page holds them all. */
export function linkHeader(url: URL, { page, perPage }: Page, total: number): string | undefined {
  const last = Math.max(1, Math.ceil(total / perPage));
  if (last === 1 && page === 1) return undefined;
  const links: string[] = [];
  const add = (rel: string, target: number) => links.push(`<${withPage(url, target)}>; rel="${rel}"`);
  if (page > 1) add("prev", Math.min(page - 1, last));
  if (page < last) add("next", page + 1);
  if (page < last) add("last", last);
  if (page > 1) add("first", 1);
  return links.join(", ");
}

function withPage(url: URL, page: number): string {
  const target = new URL(url);
  target.searchParams.set("page", String(page));
  return target.href;
}

function positive(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
