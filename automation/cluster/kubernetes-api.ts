import { Agent, request } from "node:https";
import { Agent as PlainAgent, request as plainRequest, type ClientRequest } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { unreachable, wrongSetting, type ProblemsError } from "../problem.ts";
import { credentialsOf, type Credentials } from "./credentials.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

const unzip = promisify(gunzip);

const TIMEOUT_MS = 15_000;
/** Hundreds of previews may ask at once: more connections would make no answer come sooner. */
const CONNECTIONS = 32;

/** The name under which the API server notes what we set. */
export const FIELD_MANAGER = "preview-environments";

export interface ApplyOptions {
  readonly signal: AbortSignal;
  readonly dryRun?: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Talks to the API server with a kubeconfig's credentials. */
export class KubernetesApi {
  readonly #credentials: Credentials;
  readonly #server: string;
  readonly #agent: Agent | PlainAgent;

  constructor(kubeconfig: Kubeconfig, env: NodeJS.ProcessEnv) {
    this.#credentials = credentialsOf(kubeconfig, env);
    this.#server = kubeconfig.server;
    // Connections are kept: a handshake takes longer than most of the questions.
    this.#agent = new (kubeconfig.server.startsWith("http:") ? PlainAgent : Agent)({
      keepAlive: true,
      maxSockets: CONNECTIONS,
    });
  }

  /** The answer's body, or undefined for 404. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const body = await this.text(path, signal);
    return body === undefined ? undefined : (JSON.parse(body) as unknown);
  }

  /** The answer's body as it is, or undefined for 404. */
  async text(path: string, signal: AbortSignal): Promise<string | undefined> {
    const { status, body } = await this.#request("GET", path, signal);
    if (status === 404) return undefined;
    if (status !== 200) throw this.#refusal("GET", path, status, body);
    return body;
  }

  /** Asks for an object to be deleted. It may be gone already, and it may take its time. */
  async delete(path: string, signal: AbortSignal): Promise<void> {
    const { status, body } = await this.#request("DELETE", path, signal);
    // 409: a namespace that is being deleted already.
    if (![200, 202, 404, 409].includes(status)) throw this.#refusal("DELETE", path, status, body);
  }

  /** Makes an object what it says here, whoever set it before; with `dryRun` only asks whether that could be done. */
  async apply(path: string, object: unknown, { signal, dryRun = false }: ApplyOptions): Promise<void> {
    const query = `?fieldManager=${FIELD_MANAGER}&force=true${dryRun ? "&dryRun=All" : ""}`;
    const body = { type: "application/apply-patch+yaml", text: JSON.stringify(object) };
    const { status, body: answer } = await this.#request("PATCH", path + query, signal, body);
    if (status !== 200 && status !== 201) throw this.#refusal("PATCH", path, status, answer);
  }

  /** Changes what this part of an object says. Tells whether it did: the object may be gone, or have changed meanwhile. */
  async merge(path: string, part: unknown, signal: AbortSignal): Promise<"done" | "gone" | "conflict"> {
    const body = { type: "application/merge-patch+json", text: JSON.stringify(part) };
    const query = `?fieldManager=${FIELD_MANAGER}`;
    const { status, body: answer } = await this.#request("PATCH", path + query, signal, body);
    if (status === 404) return "gone";
    if (status === 409) return "conflict";
    if (status !== 200) throw this.#refusal("PATCH", path, status, answer);
    return "done";
  }

  async #request(
    method: "GET" | "DELETE" | "PATCH",
    path: string,
    signal: AbortSignal,
    body?: { readonly type: string; readonly text: string },
  ): Promise<Answer> {
    const url = new URL(this.#server.replace(/\/+$/, "") + path);
    const base = {
      method,
      timeout: TIMEOUT_MS,
      signal,
      // API servers compress long answers: a list of a thousand releases is a twentieth of its size.
      headers: {
        accept: "application/json",
        "accept-encoding": "gzip",
        ...(body === undefined ? {} : { "content-type": body.type }),
      },
      agent: this.#agent,
    };
    const options = await this.#credentials(base).catch((error: unknown) => {
      throw wrongSetting("kubernetes.kubeconfig", `its credentials cannot be used: ${messageOf(error)}`, error);
    });
    const send = url.protocol === "http:" ? plainRequest : request;
    return this.#send(() => send(url, options), body?.text, signal);
  }

  #send(start: () => ClientRequest, body: string | undefined, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = start();
      sent.on("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const whole = Buffer.concat(chunks);
          const plain = answer.headers["content-encoding"] === "gzip" ? unzip(whole) : Promise.resolve(whole);
          plain.then(
            (bytes) => {
              resolve({ status: answer.statusCode ?? 0, body: bytes.toString("utf8") });
            },
            (error: unknown) => {
              reject(this.#unreachable(error as Error));
            },
          );
        });
        answer.on("error", reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      sent.on("error", (error) => {
        // The server closed a connection that was kept just as it was used again: it never saw the request.
        if (sent.reusedSocket && "code" in error && error.code === "ECONNRESET" && !signal.aborted) {
          resolve(this.#send(start, body, signal));
          return;
        }
        reject(signal.aborted ? (signal.reason as Error) : this.#unreachable(error));
      });
      sent.end(body);
    });
  }

  #unreachable(error: Error): ProblemsError {
    // A certificate that does not fit is a wrong kubeconfig: waiting will not mend it.
    const fault = /certificate|self.signed|wrong version number|altname/i.test(error.message)
      ? wrongSetting
      : unreachable;
    return fault(
      "kubernetes.kubeconfig",
      `no usable answer from the cluster at ${this.#server}: ${error.message}`,
      error,
    );
  }

  #refusal(method: string, path: string, status: number, body: string): ProblemsError {
    const text = `the cluster at ${this.#server} answers ${status} to ${method} ${path}: ${statusMessage(body)}`;
    return status === 401 || status === 403
      ? wrongSetting("kubernetes.kubeconfig", text)
      : unreachable("kubernetes.kubeconfig", text);
  }
}

function statusMessage(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not a Kubernetes Status: a proxy's page, for example.
  }
  return body.slice(0, 200);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
