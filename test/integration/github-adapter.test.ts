import { setTimeout as sleep } from "node:timers/promises";
import { Octokit } from "@octokit/rest";
import { describe, expect, test } from "vitest";
import { ConditionalReads, PER_PAGE, type ListShape } from "../../automation/github/conditional-reads.ts";
import { shortMemory } from "../../automation/memory/file-memory.ts";

const apiUrl = "https://api.example.com";
const list = `/repos/acme/app/issues/1/comments?per_page=${PER_PAGE}`;
const signal = new AbortController().signal;

const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

interface Asked {
  readonly headers: Readonly<Record<string, string>>;
}

function readsFrom(fetch: (url: string, asked: Asked) => Promise<Response>): ConditionalReads {
  const octokit = new Octokit({ baseUrl: apiUrl, log: silent, request: { fetch } });
  const client = { octokit, memory: shortMemory(), apiUrl, owner: "acme", repo: "app", repository: "acme/app" };
  return new ConditionalReads({ ...client, time: () => Date.now() });
}

/** A GitHub with one list. As GitHub's, its ETags are about what is on a page, and not about the links beside it. */
function hostWith(comments: number[]) {
  const asked: string[] = [];
  const load = { now: 0, most: 0 };
  const fetch = async (url: string, { headers }: Asked) => {
    load.most = Math.max(load.most, ++load.now);
    await sleep(5);
    load.now--;
    const page = Number(new URL(url).searchParams.get("page") ?? 1);
    const items = comments.slice((page - 1) * PER_PAGE, page * PER_PAGE);
    const etag = `"${items.join()}"`;
    const known = headers["if-none-match"] === etag;
    asked.push(`page ${page}: ${known ? 304 : 200}`);
    const next = comments.length > page * PER_PAGE ? { link: `<${apiUrl}${list}&page=${page + 1}>; rel="next"` } : {};
    const type = { "content-type": "application/json" };
    return known
      ? new Response(null, { status: 304, headers: { etag } })
      : new Response(JSON.stringify(items), { headers: { etag, ...next, ...type } });
  };
  const reads = readsFrom(fetch);
  const read = async (shape?: ListShape) => (await reads.all(list, (item) => item as number, signal, shape)).value;
  return { asked, load, fetch, read };
}

describe("a list whose last page is full", () => {
  const full = Array.from({ length: PER_PAGE }, (_, index) => index);

  test("is read on when it grows, though that page stays what it was", async () => {
    const comments = [...full];
    const { read, asked } = hostWith(comments);
    expect(await read()).toEqual(full);
    comments.push(100);
    expect(await read()).toEqual([...full, 100]);
    asked.length = 0;
    expect(await read()).toEqual([...full, 100]);
    expect(asked).toEqual(["page 1: 304", "page 2: 304"]);
  });

  test("is asked for each time, one that is not only by its ETag", async () => {
    const { read, asked } = hostWith([...full]);
    for (let count = 0; count < 2; count++) await read();
    expect(asked).toEqual(["page 1: 200", "page 1: 200"]);
    const shorter = hostWith(full.slice(1));
    for (let count = 0; count < 2; count++) await shorter.read();
    expect(shorter.asked).toEqual(["page 1: 200", "page 1: 304"]);
    const front = hostWith([...full]);
    for (let count = 0; count < 2; count++) await front.read({ growsAtEnd: false });
    expect(front.asked).toEqual(["page 1: 200", "page 1: 304"]);
  });
});

describe("a list of six pages", () => {
  const numbers = Array.from({ length: 5 * PER_PAGE + 1 }, (_, index) => index);

  test("is read page by page, and when it is known, four at a time", async () => {
    const { read, asked, load } = hostWith([...numbers]);
    expect(await read()).toEqual(numbers);
    expect(load.most).toBe(1);
    asked.length = 0;
    expect(await read()).toEqual(numbers);
    expect(load.most).toBe(4);
    expect(asked.sort()).toEqual([1, 2, 3, 4, 5, 6].map((page) => `page ${page}: 304`));
  });

  test("is what it is by now, however many pages it had", async () => {
    const comments = [...numbers];
    const { read } = hostWith(comments);
    await read();
    comments.splice(150);
    expect(await read()).toEqual(numbers.slice(0, 150));
    comments.push(...numbers);
    expect(await read()).toEqual([...numbers.slice(0, 150), ...numbers]);
  });

  test("is not read on when a page fails", async () => {
    const comments = [...numbers];
    const asked: string[] = [];
    let fails = false;
    const { fetch } = hostWith(comments);
    const reads = readsFrom((url, options) => {
      asked.push(url);
      return fails ? Promise.resolve(new Response("", { status: 401 })) : fetch(url, options);
    });
    const read = () => reads.all(list, (item) => item as number, signal);
    await read();
    [fails, asked.length] = [true, 0];
    await expect(read()).rejects.toMatchObject({ status: 401 });
    await sleep(50);
    expect(asked.length).toBeLessThanOrEqual(5);
  });
});

test("an answer that was cut off is no answer, and is not remembered with its ETag", async () => {
  const whole = JSON.stringify({ permission: "write" });
  let text = whole.slice(0, 9);
  const fetch = (_url: string, { headers }: Asked) => {
    const sent = { "content-type": "application/json", etag: '"the same"' };
    const known = headers["if-none-match"] !== undefined;
    return Promise.resolve(new Response(known ? null : text, { status: known ? 304 : 200, headers: sent }));
  };
  const reads = readsFrom(fetch);
  const permission = (data: unknown) => (data as { readonly permission?: string }).permission ?? "none";
  const read = () => reads.one("/repos/acme/app/collaborators/ada/permission", permission, signal);
  await expect(read()).rejects.toThrow(/github\.apiUrl: .* is no JSON or was cut off: "\{\\"permiss"/);
  text = whole;
  expect((await read()).value).toBe("write");
  expect(await read()).toMatchObject({ value: "write", changed: false });
});
