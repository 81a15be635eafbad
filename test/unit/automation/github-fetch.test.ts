import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { githubFetch } from "../../../automation/github/github-fetch.ts";

let servers: Server[] = [];

afterEach(() => {
  for (const server of servers) server.close().closeAllConnections();
  servers = [];
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const silent: RequestListener = () => undefined;

test("an answer that does not come is not waited for", async () => {
  await expect(githubFetch(100)(await serve(silent), {})).rejects.toThrow("no answer within 0.1 s");
});

test("who no longer wants the answer gets their own reason", async () => {
  const unwanted = new AbortController();
  const asked = githubFetch()(await serve(silent), { signal: unwanted.signal });
  unwanted.abort(new Error("interrupted"));
  await expect(asked).rejects.toThrow(/abort|interrupted/);
});

test("a body that stops coming is not waited for", async () => {
  const url = await serve((_, answer) => answer.writeHead(200, { "content-length": "100" }).write("{"));
  const answer = await githubFetch(200)(url, {});
  await expect(answer.text()).rejects.toThrow();
});

test("a compressed answer is read", async () => {
  const url = await serve((request, answer) => {
    expect(request.headers["accept-encoding"]).toContain("gzip");
    answer.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"title":"ä"}'));
  });
  expect(await (await githubFetch()(url, {})).json()).toEqual({ title: "ä" });
});

test("a token goes along to where the same server leads, and to no other", async () => {
  const seen: [string, string | undefined][] = [];
  const note =
    (where: string): RequestListener =>
    (request, answer) => {
      seen.push([where, request.headers.authorization]);
      answer.end();
    };
  const other = await serve(note("other"));
  const own = await serve((request, answer) => {
    if (request.url === "/new") note("own")(request, answer);
    else answer.writeHead(301, { location: request.url === "/renamed" ? "/new" : other }).end();
  });
  const headers = { authorization: "token secret" };
  await githubFetch()(`${own}/renamed`, { headers });
  await githubFetch()(`${own}/elsewhere`, { headers });
  expect(seen).toEqual([
    ["own", "token secret"],
    ["other", undefined],
  ]);
});
