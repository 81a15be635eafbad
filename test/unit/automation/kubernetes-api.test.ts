import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { KubernetesApi } from "../../../automation/cluster/kubernetes-api.ts";

let server: Server | undefined;

afterEach(() => {
  server?.close().closeAllConnections();
});

async function apiWith(listener: RequestListener): Promise<KubernetesApi> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((listening) => started.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  const contents = {
    "current-context": "c",
    clusters: [{ name: "c", cluster: { server: url } }],
    users: [{ name: "c", user: {} }],
    contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
  };
  return new KubernetesApi({ contents: JSON.stringify(contents), context: "c", server: url }, {});
}

const { signal } = new AbortController();

test("a long answer may come compressed", async () => {
  const api = await apiWith((request, answer) => {
    expect(request.headers["accept-encoding"]).toBe("gzip");
    answer.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"items":["ä"]}'));
  });
  expect(await api.get("/api/v1/namespaces", signal)).toEqual({ items: ["ä"] });
});

test("a compressed answer that is cut off is no answer", async () => {
  const api = await apiWith((_, answer) => {
    answer.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"items":[]}').subarray(0, 15));
  });
  await expect(api.get("/api/v1/namespaces", signal)).rejects.toThrow(
    /no usable answer from the cluster .*unexpected end/,
  );
});
