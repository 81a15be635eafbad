import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { credentialsOf } from "../../../automation/cluster/credentials.ts";
import { readKubeconfig, type Kubeconfig } from "../../../automation/cluster/kubeconfig.ts";
import { KubernetesApi } from "../../../automation/cluster/kubernetes-api.ts";
import { selfSignedCertificate } from "../../support/registry-certificate.ts";

let folder: string;
let server: Server;
let url: string;
/** The Authorization headers of the requests, in order. */
let authorizations: (string | undefined)[];
const certificate = selfSignedCertificate();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  authorizations = [];
  server = createServer(certificate, (request, response) => {
    authorizations.push(request.headers.authorization);
    response.end(JSON.stringify({ path: request.url }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

type Entry = Record<string, unknown>;

const file = (cluster: Entry, user: Entry, name = "one") => ({
  clusters: [{ name, cluster: { server: url, ...cluster } }],
  users: [{ name, user }],
  contexts: [{ name, context: { cluster: name, user: name } }],
  "current-context": name,
});

async function written(name: string, contents: unknown): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, typeof contents === "string" ? contents : JSON.stringify(contents));
  return path;
}

async function read(...paths: readonly string[]): Promise<Kubeconfig> {
  const { value, problems } = await readKubeconfig({ paths, context: undefined });
  if (!value) throw new Error(JSON.stringify(problems));
  return value;
}

const ask = async (kubeconfig: Kubeconfig) =>
  new KubernetesApi(kubeconfig, {}).get("/version", new AbortController().signal);
const ca = () => ({ "certificate-authority-data": Buffer.from(certificate.cert).toString("base64") });

describe("a kubeconfig lets in", () => {
  test("by a token and the authority's certificate in place", async () => {
    const kubeconfig = await read(await written("config", file(ca(), { token: "secret" })));
    expect(await ask(kubeconfig)).toEqual({ path: "/version" });
    expect(authorizations).toEqual(["Bearer secret"]);
  });

  test("by files beside it, and a token that is renewed in its file", async () => {
    await written("pki/ca.crt", certificate.cert);
    const token = await written("pki/token", "first\n");
    const user = { tokenFile: "pki/token" };
    const kubeconfig = await read(await written("config", file({ "certificate-authority": "pki/ca.crt" }, user)));
    const api = new KubernetesApi(kubeconfig, {});
    await api.get("/a", new AbortController().signal);
    await writeFile(token, "second");
    await api.get("/b", new AbortController().signal);
    expect(authorizations).toEqual(["Bearer first", "Bearer second"]);
  });

  test("by what a command gives, as cloud providers have it", async () => {
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "executed" },
    };
    const exec = {
      apiVersion: credential.apiVersion,
      command: "echo",
      args: [JSON.stringify(credential)],
      interactiveMode: "Never",
    };
    const kubeconfig = await read(await written("config", file(ca(), { exec })));
    await ask(kubeconfig);
    expect(authorizations).toEqual(["Bearer executed"]);
  });

  test("by a name and a password", async () => {
    const kubeconfig = await read(await written("config", file(ca(), { username: "ada", password: "secret" })));
    await ask(kubeconfig);
    expect(authorizations).toEqual([`Basic ${Buffer.from("ada:secret").toString("base64")}`]);
  });

  test("without a check of the server where that is said, and not otherwise", async () => {
    const user = { token: "secret" };
    const blind = await read(await written("blind", file({ "insecure-skip-tls-verify": true }, user)));
    expect(await ask(blind)).toEqual({ path: "/version" });
    const wary = await read(await written("wary", file({}, user)));
    await expect(ask(wary)).rejects.toThrow(/kubernetes.kubeconfig: no usable answer.*certificate/);
    expect(authorizations).toHaveLength(1);
  });
});

test("several files become one: the first mention of a name wins", async () => {
  const first = await written("a/config", { ...file({}, { tokenFile: "token" }, "one"), "current-context": "" });
  const second = await written("b/config", {
    clusters: [...file({ server: "https://wrong.example.com" }, {}).clusters, ...file({}, {}, "two").clusters],
    users: file({}, {}, "two").users,
    contexts: file({}, {}, "two").contexts,
    "current-context": "two",
  });
  const { contents, context, server: at } = await read(first, second);
  expect(context).toBe("two");
  expect(at).toBe(url);
  expect(JSON.parse(contents)).toMatchObject({
    clusters: [{ name: "one", cluster: { server: url } }, { name: "two" }],
    users: [{ name: "one", user: { tokenFile: join(folder, "a/token") } }, { name: "two" }],
    "current-context": "two",
  });
});

test.each<[string, unknown, RegExp]>([
  ["text", "just text", /it has no contexts/],
  ["a list", [1, 2], /it has no contexts/],
  ["no YAML", "{ a: [", /is no usable kubeconfig: /],
  [
    "no current context",
    { contexts: [{ name: "x", context: {} }] },
    /no current context; set --context to one of: "x"/,
  ],
  ["no server", { contexts: [{ name: "x", context: {} }], "current-context": "x" }, /names no cluster with a server/],
])("is told that it is of no use: %s", async (_, contents, message) => {
  const { problems } = await readKubeconfig({ paths: [await written("config", contents)], context: undefined });
  expect(problems.map(({ text }) => text)).toEqual([expect.stringMatching(message)]);
});

test("behind a proxy the Kubernetes client itself is asked", async () => {
  const kubeconfig = await read(await written("config", file(ca(), { token: "secret" })));
  const options = await credentialsOf(kubeconfig, { HTTPS_PROXY: "http://127.0.0.1:9" })({ headers: {} });
  expect(options.headers).toMatchObject({ Authorization: "Bearer secret" });
});
