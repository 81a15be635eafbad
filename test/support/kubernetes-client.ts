import { readFile } from "node:fs/promises";
import { request, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";

/** The API server of a test, spoken to without a client library. */
export interface KubernetesClient {
  /** Sends JSON and gives the answer; undefined for whatever is refused. */
  readonly send: (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown) => Promise<unknown>;
  /** Tells of every object below the path, then of each change, until the signal aborts or the API server has enough of it. */
  readonly watch: (path: string, tell: (event: WatchEvent) => void, signal: AbortSignal) => Promise<void>;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "ERROR";
  readonly object: unknown;
}

/** @param kubeconfig path of one that {@link startApiServer} has written */
export async function kubernetesClient(kubeconfig: string): Promise<KubernetesClient> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, "utf8")) as {
    readonly clusters: readonly [
      { readonly cluster: { readonly server: string; readonly "certificate-authority": string } },
    ];
    readonly users: readonly [{ readonly user: { readonly token: string } }];
  };
  const [{ cluster }] = clusters;
  const options: RequestOptions = {
    ca: await readFile(cluster["certificate-authority"]),
    headers: { authorization: `Bearer ${users[0].user.token}`, "content-type": "application/json" },
  };
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = request(cluster.server + path, { ...options, method }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const ok = answer.statusCode !== undefined && answer.statusCode < 300;
            resolve(ok ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : undefined);
          });
        });
        sent.on("error", reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    watch: (path, tell, signal) =>
      new Promise((resolve) => {
        const sent = request(`${cluster.server}${path}?watch=true`, { ...options, signal }, (answer) => {
          // An end of the connection is the request's to tell; the lines hear of it too.
          answer.on("error", () => undefined);
          if (answer.statusCode !== 200) return void answer.resume();
          createInterface({ input: answer })
            .on("line", (line) => {
              tell(JSON.parse(line) as WatchEvent);
            })
            .on("error", () => undefined);
        });
        sent.on("error", () => undefined);
        sent.on("close", resolve);
        sent.end();
      }),
  };
}
