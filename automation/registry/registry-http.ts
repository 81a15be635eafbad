import { once } from "node:events";
import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { trustedCertificates } from "./certificates.ts";
import { mayBePlain } from "./plain-http.ts";
import { waitAfterError, waitBeforeRetry, type Patience } from "./retry.ts";
import { Unreadable } from "./unreadable.ts";

export interface Request {
  readonly method: "HEAD" | "GET" | "POST";
  readonly url: URL;
  readonly accept?: string;
  readonly authorization?: string | undefined;
  readonly form?: URLSearchParams;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of a long one, the beginning. */
  readonly body: string;
  /** What answered, after redirects. */
  readonly url: URL;
}

export interface RegistryHttp {
  /** The answer of any status. Throws {@link Unreadable} where there is none. */
  send(request: Request, signal: AbortSignal): Promise<Answer>;
}

const LONGEST_BODY = 256 * 1024;
const MOST_REDIRECTS = 5;
const redirects = [301, 302, 303, 307, 308];

/** HTTP as registries need it: bounded in time and attempts, and careful about where credentials go. */
export function registryHttp({
  env,
  insecure,
  patience,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly insecure: readonly string[];
  readonly patience: Patience;
}): RegistryHttp {
  const agent = lazily(() => httpsAgent(env));

  async function send(request: Request, signal: AbortSignal): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      let wait: number | undefined;
      try {
        const answer = await follow(request, signal);
        wait = waitBeforeRetry(attempt, retryHint(answer), patience, Date.now());
        if (wait === undefined) return answer;
      } catch (error) {
        signal.throwIfAborted();
        wait = waitAfterError(attempt, codeOf(error), patience);
        if (wait === undefined) throw explain(error, request.url);
      }
      await sleep(wait, undefined, { signal });
    }
  }

  /** Only questions are asked again elsewhere, and credentials stay with the server they were meant for. */
  async function follow(request: Request, signal: AbortSignal): Promise<Answer> {
    let next = request;
    for (let count = 0; count <= MOST_REDIRECTS; count++) {
      const answer = await exchange(next, signal);
      const { location } = answer.headers;
      if (!redirects.includes(answer.status) || location === undefined || request.method === "POST") return answer;
      const url = redirectTarget(location, next.url);
      const { authorization, ...open } = next;
      next = { ...open, url, ...(url.origin === next.url.origin && { authorization }) };
    }
    throw new Unreadable(`"${request.url.host}" redirects more than ${MOST_REDIRECTS} times`);
  }

  function redirectTarget(location: string, from: URL): URL {
    const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (url?.protocol === "https:" || (url?.protocol === "http:" && mayBePlain(url.host, insecure))) return url;
    const where = url?.protocol === "http:" ? `"${url.host}" without encryption` : "nowhere that can be asked";
    throw new Unreadable(`"${from.host}" redirects to ${where}`);
  }

  async function exchange({ method, url, accept, authorization, form }: Request, signal: AbortSignal): Promise<Answer> {
    const body = form?.toString();
    const headers: OutgoingHttpHeaders = {
      "user-agent": "preview-environments",
      ...(accept !== undefined && { accept }),
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": Buffer.byteLength(body),
      }),
    };
    const limit = AbortSignal.timeout(patience.request);
    const options = { method, headers, signal: AbortSignal.any([signal, limit]) };
    const secure = url.protocol === "https:" ? await agent() : undefined;
    try {
      const call =
        url.protocol === "https:"
          ? https.request(url, { ...options, ...(secure && { agent: secure }) })
          : http.request(url, options);
      // What comes after the answer has begun shows when its body is read.
      call.on("error", () => undefined);
      call.end(body);
      const [response] = (await once(call, "response")) as [IncomingMessage];
      const text = await readBody(response);
      options.signal.throwIfAborted();
      return { status: response.statusCode ?? 0, headers: response.headers, body: text, url };
    } catch (error) {
      if (limit.aborted && !signal.aborted) {
        throw new Unreadable(`"${url.host}" did not answer within ${patience.request / 1000} s`, { cause: error });
      }
      throw error;
    }
  }

  return { send };
}

async function httpsAgent(env: Readonly<Record<string, string | undefined>>): Promise<https.Agent | undefined> {
  const ca = await trustedCertificates(env);
  if (ca === undefined) return undefined;
  // Node's own agent takes this from the environment; another one must be told.
  const proxied = env["NODE_USE_ENV_PROXY"] === "1" && { proxyEnv: env };
  return new https.Agent({ keepAlive: true, ca: [...ca], ...proxied });
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > LONGEST_BODY) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

const retryHint = ({ status, headers }: Answer) => ({ status, retryAfter: headers["retry-after"] });

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Node's codes tell a name that does not resolve from a certificate that is not trusted; its messages repeat them. */
function explain(error: unknown, url: URL): unknown {
  if (error instanceof Unreadable) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  const certificate = /CERT|SIGNED|SIGNATURE|ALTNAME/.test(code);
  const cure = certificate
    ? "; if its certificate is your own, name its CA in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE"
    : "";
  return new Unreadable(`"${url.host}" could not be reached (${code})${cure}`, { cause: error });
}
