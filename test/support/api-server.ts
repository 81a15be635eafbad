import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcess } from "./end-process.ts";
import type { TestTools } from "./test-tools.ts";

/** A real API server without nodes: objects are stored, validated, garbage-collected and finalized, but no pod runs. */
export interface ApiServer {
  readonly url: string;
  /** Path of a kubeconfig whose user may do everything. */
  readonly kubeconfig: string;
  /** Another one, whose requests are noted. */
  readonly noted: { readonly kubeconfig: string; readonly log: string };
  stop(): Promise<void>;
}

const NOTED_USER = "noted";

/** One line for each request of one user, once it is answered. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [{ level: "Metadata", users: [NOTED_USER] }, { level: "None" }],
};

/** The controllers without which objects do not come and go as they do on a whole cluster. */
const controllers = [
  "namespace-controller",
  "garbage-collector-controller",
  "resourcequota-controller",
  "serviceaccount-controller",
  "deployment-controller",
  "replicaset-controller",
  "endpointslice-controller",
];

/** Starts etcd, kube-apiserver and kube-controller-manager on free loopback ports, with all their files in one temporary folder. */
export async function startApiServer(tools: TestTools): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), "api-server-"));
  const started: ChildProcess[] = [];
  const stop = async () => {
    for (const child of started.toReversed()) await endProcess(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [etcdPort, peerPort, apiPort, managerPort] = await freePorts(4);
    const file = (name: string) => join(folder, name);
    const start = (program: keyof TestTools["bin"], args: readonly string[]) => {
      const log = openSync(file(`${program}.log`), "a");
      started.push(spawn(tools.bin[program], args, { stdio: ["ignore", log, log] }));
      closeSync(log);
    };

    const etcd = `http://127.0.0.1:${String(etcdPort)}`;
    const peer = `http://127.0.0.1:${String(peerPort)}`;
    start("etcd", [
      ...["--data-dir", file("etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
      ...["--listen-client-urls", etcd, "--advertise-client-urls", etcd],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
    ]);

    const tokens = { admin: randomBytes(16).toString("hex"), [NOTED_USER]: randomBytes(16).toString("hex") };
    const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    await writeFile(file("service-accounts.key"), key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    const lines = Object.entries(tokens).map(([user, token]) => `${token},${user},${user},system:masters\n`);
    await writeFile(file("tokens.csv"), lines.join(""), { mode: 0o600 });
    await writeFile(file("audit-policy.json"), JSON.stringify(auditPolicy));
    const url = `https://127.0.0.1:${String(apiPort)}`;
    start("kube-apiserver", [
      ...["--etcd-servers", etcd, "--secure-port", String(apiPort), "--bind-address", "127.0.0.1"],
      ...["--advertise-address", "127.0.0.1", "--cert-dir", file("certificates")],
      ...["--service-cluster-ip-range", "10.0.0.0/24", "--authorization-mode", "RBAC"],
      ...["--token-auth-file", file("tokens.csv"), "--service-account-issuer", "https://kubernetes.default.svc"],
      ...["--service-account-key-file", file("service-accounts.key")],
      ...["--service-account-signing-key-file", file("service-accounts.key")],
      // Without its controller a pod would wait for the default service account's token.
      ...["--disable-admission-plugins", "ServiceAccount"],
      ...["--audit-policy-file", file("audit-policy.json"), "--audit-log-path", file("requests.log")],
    ]);
    for (const [user, name] of [
      ["admin", "kubeconfig"],
      [NOTED_USER, "kubeconfig-noted"],
    ] as const) {
      const contents = kubeconfig(url, file("certificates/apiserver.crt"), tokens[user]);
      await writeFile(file(name), contents, { mode: 0o600 });
    }
    await untilReady(url, started, folder);
    start("kube-controller-manager", [
      ...["--kubeconfig", file("kubeconfig"), "--controllers", controllers.join(","), "--leader-elect=false"],
      ...["--service-account-private-key-file", file("service-accounts.key"), "--secure-port", String(managerPort)],
      ...["--bind-address", "127.0.0.1", "--cert-dir", file("certificates-of-manager")],
    ]);

    const noted = { kubeconfig: file("kubeconfig-noted"), log: file("requests.log") };
    return { url, kubeconfig: file("kubeconfig"), noted, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function kubeconfig(server: string, authority: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority": authority } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function untilReady(url: string, started: readonly ChildProcess[], folder: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  while (Date.now() < deadline) {
    const ended = started.find(({ exitCode }) => exitCode !== null);
    if (ended)
      throw new Error(`${ended.spawnfile} ended with code ${String(ended.exitCode)}:\n${await logTail(folder)}`);
    last = await isReady(url, join(folder, "certificates/apiserver.crt")).catch((error: unknown) => error);
    if (last === true) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`the API server was not ready within a minute: ${String(last)}\n${await logTail(folder)}`);
}

async function isReady(url: string, authority: string): Promise<boolean> {
  const { request } = await import("node:https");
  const ca = await readFile(authority);
  return new Promise((resolve, reject) => {
    request(`${url}/readyz`, { ca, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", reject)
      .end();
  });
}

async function logTail(folder: string): Promise<string> {
  const log = await readFile(join(folder, "kube-apiserver.log"), "utf8").catch(() => "");
  return log.split("\n").slice(-15).join("\n");
}
