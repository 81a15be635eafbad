import { spawn, type ChildProcess } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gitEnvironment } from "./git-command.ts";
import type { GitRepository } from "./git-repository.ts";

export interface GitRequest {
  readonly repository: GitRepository;
  /** What follows the repository in the path, for example `/info/refs`. */
  readonly path: string;
  readonly query: string;
  readonly user: string | undefined;
}

/** Hands one request to `git http-backend`, git's own CGI program, and answers what it says. */
export class GitHttp {
  readonly #running = new Set<ChildProcess>();

  /** @param finished is awaited before the last byte goes out, so that a push has taken effect when it returns */
  async serve(
    call: GitRequest,
    request: IncomingMessage,
    response: ServerResponse,
    finished: () => Promise<void>,
  ): Promise<void> {
    const child = spawn("git", ["http-backend"], { env: environment(call, request), stdio: ["pipe", "pipe", "pipe"] });
    this.#running.add(child);
    const complaints: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
    // A client that goes away, or a git that stops reading, ends the other side too.
    child.stdin.on("error", () => undefined);
    response.on("close", () => child.kill());
    request.pipe(child.stdin);
    const exited = new Promise<void>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", () => {
        resolve();
      });
    });
    try {
      await relay(child.stdout, response);
      await exited;
      await finished();
    } catch (error) {
      throw new Error(`git http-backend failed: ${Buffer.concat(complaints).toString("utf8").trim()}`, {
        cause: error,
      });
    } finally {
      this.#running.delete(child);
    }
    response.end();
  }

  stop(): void {
    for (const child of this.#running) child.kill();
  }
}

/** True for the request that carries a push. */
export function isPush({ path, query }: Pick<GitRequest, "path" | "query">): boolean {
  return path === "/git-receive-pack" || new URLSearchParams(query).get("service") === "git-receive-pack";
}

function environment({ repository, path, query, user }: GitRequest, request: IncomingMessage): NodeJS.ProcessEnv {
  return {
    ...gitEnvironment(),
    GIT_PROJECT_ROOT: repository.folder,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: path,
    QUERY_STRING: query,
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: request.headers["content-type"],
    CONTENT_LENGTH: request.headers["content-length"],
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
    GIT_PROTOCOL: header(request.headers["git-protocol"]),
    REMOTE_ADDR: request.socket.remoteAddress,
    REMOTE_USER: user,
  };
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Splits CGI output into headers and body, and passes the body on as it comes. */
async function relay(output: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of output) {
    if (head === undefined) {
      await write(response, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const { status, headers } = parseCgiHeaders(head.subarray(0, end).toString("latin1"));
    response.writeHead(status, headers);
    const body = head.subarray(end + 4);
    head = undefined;
    await write(response, body);
  }
  if (head !== undefined) throw new Error("it printed no headers");
}

export function parseCgiHeaders(text: string): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
} {
  const entries = text.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const { status = "200", ...headers } = Object.fromEntries(entries) as Record<string, string>;
  return { status: Number.parseInt(status, 10), headers };
}

async function write(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (chunk.length === 0 || response.destroyed || response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
