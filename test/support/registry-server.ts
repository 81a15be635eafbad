import { once } from "node:events";
import http, { type IncomingHttpHeaders, type RequestListener } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  /** 0 hangs up. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers a request; nothing: leaves it without an answer. */
export type Handler = (request: Seen) => Reply | undefined;

export interface LocalServer {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly origin: string;
  /** Everything that was asked, in order. */
  readonly seen: readonly Seen[];
  readonly stop: () => Promise<void>;
}

export async function startServer(
  handle: Handler,
  certificate?: { readonly cert: string; readonly key: string },
): Promise<LocalServer> {
  const seen: Seen[] = [];
  const listener: RequestListener = (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
      const { method = "", headers } = request;
      const one = { method, path: pathname, query: searchParams, headers, body };
      seen.push(one);
      const reply = handle(one);
      if (reply?.status === 0) request.socket.destroy();
      else if (reply) response.writeHead(reply.status, reply.headers).end(method === "HEAD" ? undefined : reply.body);
    });
  };
  const server = certificate ? https.createServer(certificate, listener) : http.createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  };
  return { host, origin: `${certificate ? "https" : "http"}://${host}`, seen, stop };
}

export const errorReply = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ errors: [{ code, message: "as the specification has it" }] }),
});

export const manifestReply: Reply = {
  status: 200,
  headers: { "content-type": "application/vnd.oci.image.index.v1+json", "docker-content-digest": "sha256:00" },
  body: "{}",
};

/** The part of the distribution specification that answers for manifests, given as `name:version`. */
export function manifests(...present: readonly string[]): Handler {
  return ({ path }) => {
    const [, name = "", version = ""] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path) ?? [];
    if (name === "") return { status: path === "/v2/" ? 200 : 404 };
    return present.includes(`${name}:${version}`) ? manifestReply : errorReply(404, "MANIFEST_UNKNOWN");
  };
}

/** Lets through who shows this header; others are told where to turn to. */
export function guarded(inside: Handler, authorization: () => string, challenge: string): Handler {
  return (request) =>
    request.headers.authorization === authorization()
      ? inside(request)
      : errorReply(401, "UNAUTHORIZED", { "www-authenticate": challenge });
}
