import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import type { Kubeconfig } from "./kubeconfig.ts";

type Entry = Readonly<Record<string, unknown>>;

interface Contents {
  readonly clusters: readonly { readonly name: string; readonly cluster: Entry }[];
  readonly users: readonly { readonly name: string; readonly user: Entry }[];
  readonly contexts: readonly { readonly name: string; readonly context: Entry }[];
}

/** Adds to a request what it takes to be let in. */
export type Credentials = (options: RequestOptions) => Promise<RequestOptions>;

/** What a request is given here without the Kubernetes client, which takes a second to load. */
const CLUSTER_KEYS = ["server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"];
const USER_KEYS = [
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
];

/** The credentials of a kubeconfig: certificates and tokens at once, everything else through the Kubernetes client. */
export function credentialsOf(kubeconfig: Kubeconfig, env: NodeJS.ProcessEnv): Credentials {
  const { cluster, user } = chosen(kubeconfig);
  const simple = hasOnly(cluster, [...CLUSTER_KEYS, "tls-server-name"]) && hasOnly(user, USER_KEYS) && !isProxied(env);
  return simple ? byFiles(cluster, user) : byClient(kubeconfig);
}

function byFiles(cluster: Entry, user: Entry): Credentials {
  let read: Promise<RequestOptions> | undefined;
  return async (options) => {
    // A token in a file is renewed there; what is in certificates lasts as long as we do.
    read ??= tlsOptions(cluster, user);
    const token =
      typeof user["tokenFile"] === "string" ? (await readFile(user["tokenFile"], "utf8")).trim() : user["token"];
    const authorization = typeof token === "string" && token !== "" ? { authorization: `Bearer ${token}` } : {};
    return { ...options, ...(await read), headers: { ...(options.headers as object), ...authorization } };
  };
}

async function tlsOptions(cluster: Entry, user: Entry): Promise<RequestOptions> {
  const [ca, cert, key] = await Promise.all([
    contentsOf(cluster, "certificate-authority"),
    contentsOf(user, "client-certificate"),
    contentsOf(user, "client-key"),
  ]);
  const { "tls-server-name": servername } = cluster;
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(typeof servername === "string" && servername !== "" ? { servername } : {}),
    ...(cluster["insecure-skip-tls-verify"] === true ? { rejectUnauthorized: false } : {}),
  };
}

/** Of a file and its contents in place, the contents win, as with kubectl. */
async function contentsOf(part: Entry, key: string): Promise<Buffer | undefined> {
  const [data, path] = [part[`${key}-data`], part[key]];
  if (typeof data === "string" && data !== "") return Buffer.from(data, "base64");
  return typeof path === "string" && path !== "" ? readFile(path) : undefined;
}

function byClient(kubeconfig: Kubeconfig): Credentials {
  const loaded = import("@kubernetes/client-node").then(({ KubeConfig }) => {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig.contents);
    config.setCurrentContext(kubeconfig.context);
    return config;
  });
  // Who asks for them hears of it.
  loaded.catch(() => undefined);
  return async (options) => {
    const copy = { ...options };
    await (await loaded).applyToHTTPSOptions(copy);
    return copy;
  };
}

function chosen({ contents, context: name }: Kubeconfig): { readonly cluster: Entry; readonly user: Entry } {
  const { clusters = [], users = [], contexts = [] } = JSON.parse(contents) as Partial<Contents>;
  const context = contexts.find((one) => one.name === name)?.context;
  return {
    cluster: clusters.find((one) => one.name === context?.["cluster"])?.cluster ?? {},
    user: users.find((one) => one.name === context?.["user"])?.user ?? {},
  };
}

function hasOnly(part: Entry, keys: readonly string[]): boolean {
  return Object.entries(part).every(([key, value]) => keys.includes(key) || value === undefined || value === "");
}

function isProxied(env: NodeJS.ProcessEnv): boolean {
  return ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].some((name) => (env[name] ?? env[name.toLowerCase()] ?? "") !== "");
}
