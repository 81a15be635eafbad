import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { wrongSetting } from "../problem.ts";

export interface InputsServerOptions {
  readonly host: string;
  readonly port: number;
  /** Certificate and key, PEM. Default: plain HTTP, for behind something that encrypts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly token: string;
  /** The whole answer, or why there is none now. */
  readonly answer: () => Promise<Answer>;
  /** Told of every answer that was given. */
  readonly log: (answered: Answered) => void;
}

export type Answer = { readonly body: string; readonly inputs: number } | { readonly problem: string };

export interface Answered {
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly inputs?: number;
  readonly problem?: string;
}

export interface InputsServer {
  /** `http://127.0.0.1:8080/inputs` */
  readonly url: string;
  /** Takes no more requests, and resolves when those that came are answered. */
  close(): Promise<void>;
}

export const INPUTS_PATH = "/inputs";

/** Answers Flux Operator's ExternalService. Whatever goes wrong is no answer, with which it keeps the inputs it has. */
export async function startInputsServer(options: InputsServerOptions): Promise<InputsServer> {
  const { host, port, tls } = options;
  const listener: RequestListener = (request, response) => {
    void respond(request, response, options);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(wrongSetting("--listen", `"${host}:${port}" cannot be listened at: ${error.message}`, error));
    });
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? "http" : "https"}://${name}:${bound}${INPUTS_PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: InputsServerOptions) {
  const started = performance.now();
  const path = (request.url ?? "").split("?")[0] ?? "";
  const { status, body, ...told } = await answerTo(request, path, options);
  response.writeHead(status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    // A connection that is kept would hold up the end.
    connection: "close",
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
  options.log({ path, status, ms: Math.round(performance.now() - started), ...told });
}

interface Reply extends Pick<Answered, "status" | "inputs" | "problem"> {
  readonly body: string;
}

async function answerTo(
  { method, headers }: IncomingMessage,
  path: string,
  { token, answer }: InputsServerOptions,
): Promise<Reply> {
  if (method !== "GET" && method !== "HEAD") return refusal(405, "only GET is answered");
  if (path === "/healthz") return { status: 200, body: '{"ok":true}' };
  if (path !== INPUTS_PATH) return refusal(404, `only ${INPUTS_PATH} and /healthz are answered`);
  if (!isSame(headers.authorization ?? "", `Bearer ${token}`))
    return refusal(401, "the bearer token is wrong or missing");
  const found = await answer();
  return "problem" in found ? refusal(503, found.problem) : { status: 200, ...found };
}

function refusal(status: number, problem: string): Reply {
  return { status, problem, body: JSON.stringify({ error: problem }) };
}

/** Takes the same time however much of it is right. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
