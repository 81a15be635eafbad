import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImageState } from "../../automation/registry/image-registry.ts";
import { ociRegistry } from "../../automation/registry/oci-registry.ts";
import { endProcess } from "../support/end-process.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { errorReply, startServer, type Handler, type LocalServer } from "../support/registry-server.ts";
import { testTools } from "../support/test-tools.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const repository = "acme/app";
const PASSWORD = "the-password";
/** A line of htpasswd: bcrypt, at its lowest cost. */
const account = "me:$2y$04$abcdefghijklmnopqrstuujfuDmBVdEpp/rsXBeSw0ec5YfAUJRh.\n";
const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
const forever = new AbortController().signal;
const obstacle = sandboxObstacle();

// Three fronts of one store: open, with passwords, with tokens.
describe.skipIf(obstacle !== undefined)("images in the real distribution registry", () => {
  let program: string;
  let folder: string;
  let tokens: LocalServer;
  let open: string;
  let withPasswords: string;
  let withTokens: string;
  let digest: string;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    program = (await testTools()).bin.registry;
    folder = await mkdtemp(join(tmpdir(), "images-test-"));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "htpasswd"), account);
    const key = signingKey();
    await writeFile(join(folder, "keys.json"), JSON.stringify({ keys: [key.public] }));
    tokens = await startServer(tokenServer(key));
    stops.push(tokens.stop);
    open = await startRegistry("open", {});
    withPasswords = await startRegistry("passwords", {
      htpasswd: { realm: "test", path: join(folder, "htpasswd") },
    });
    withTokens = await startRegistry("tokens", {
      token: {
        realm: `${tokens.origin}/token`,
        service: "registry",
        issuer: "test",
        jwks: join(folder, "keys.json"),
        // Else it trusts no key but those of certificates.
        signingalgorithms: ["ES256"],
      },
    });
    digest = await push(withPasswords, basic(PASSWORD));
  });

  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  /** On a port of the kernel's choice, which it says when it listens. */
  async function startRegistry(name: string, auth: object): Promise<string> {
    const file = join(folder, `${name}.json`);
    const storage = { filesystem: { rootdirectory: join(folder, "store") } };
    const config = { version: "0.1", log: { level: "info" }, storage, http: { addr: "127.0.0.1:0" }, auth };
    await writeFile(file, JSON.stringify(config));
    const child = spawn(program, ["serve", file], {
      // It would look for a collector of traces on this machine.
      env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    stops.push(() => endProcess(child));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      const address = /listening on ([\d.:]+)/.exec(line)?.[1];
      if (address === undefined) continue;
      child.stderr.resume();
      return address;
    }
    throw new Error(`registry "${name}" ended before it listened:\n${lines.join("\n")}`);
  }

  /** What is known of an image, to somebody who has logged in with this password or not at all. */
  async function stateOf(reference: string, password?: string): Promise<ImageState> {
    const registry = reference.slice(0, reference.indexOf("/"));
    const auth = Buffer.from(`me:${password ?? ""}`).toString("base64");
    const config = { auths: password === undefined ? {} : { [registry]: { auth } } };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    return ociRegistry({ env: { HOME: folder, DOCKER_CONFIG: folder } }).state(reference, forever);
  }

  const present = { kind: "present" };
  const absent = { kind: "absent" };
  const refused = (reason: string) => ({ kind: "unreadable", reason: expect.stringContaining(reason) as string });

  test("open to all: present and absent, by tag and by digest", async () => {
    expect(await stateOf(`${open}/${repository}:${sha}`)).toEqual(present);
    expect(await stateOf(`${open}/${repository}@${digest}`)).toEqual(present);
    expect(await stateOf(`${open}/${repository}:another`)).toEqual(absent);
    expect(await stateOf(`${open}/${repository}@sha256:${"0".repeat(64)}`)).toEqual(absent);
    expect(await stateOf(`${open}/acme/unknown:${sha}`)).toEqual(absent);
  });

  test("that want a password", async () => {
    expect(await stateOf(`${withPasswords}/${repository}:${sha}`, PASSWORD)).toEqual(present);
    expect(await stateOf(`${withPasswords}/${repository}:another`, PASSWORD)).toEqual(absent);
    expect(await stateOf(`${withPasswords}/${repository}:${sha}`, "wrong")).toEqual(
      refused("the login known for it is refused (401)"),
    );
    expect(await stateOf(`${withPasswords}/${repository}:${sha}`)).toEqual(refused("it wants a login"));
  });

  test("that want a token", async () => {
    expect(await stateOf(`${withTokens}/${repository}:${sha}`, PASSWORD)).toEqual(present);
    expect(tokens.seen.at(-1)?.query.get("scope")).toBe(`repository:${repository}:pull`);
    expect(await stateOf(`${withTokens}/${repository}:another`, PASSWORD)).toEqual(absent);
    expect(await stateOf(`${withTokens}/${repository}:${sha}`, "wrong")).toEqual(
      refused("the login known for it is refused (401)"),
    );
    expect(await stateOf(`${withTokens}/${repository}:${sha}`)).toEqual(refused("it wants a login"));
  });
});

/** Pushes the smallest image there is, and answers its digest. */
async function push(registry: string, authorization: string): Promise<string> {
  const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const send = async (method: string, url: URL | string, type?: string, body?: string) => {
    const headers = { authorization, ...(type !== undefined && { "content-type": type }) };
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url.toString()} answered ${answer.status}: ${text}`);
    return answer;
  };
  const base = `http://${registry}/v2/${repository}`;

  const config = "{}";
  const { headers } = await send("POST", `${base}/blobs/uploads/`);
  const upload = new URL(headers.get("location") ?? "", base);
  upload.searchParams.set("digest", digestOf(config));
  await send("PUT", upload, "application/octet-stream", config);

  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(config),
      size: config.length,
    },
    layers: [],
  });
  await send("PUT", `${base}/manifests/${sha}`, "application/vnd.oci.image.manifest.v1+json", manifest);
  return digestOf(manifest);
}

function signingKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = "test";
  return {
    private: privateKey,
    kid,
    public: { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" },
  };
}

/** https://distribution.github.io/distribution/spec/auth/jwt/ */
function tokenServer(key: ReturnType<typeof signingKey>): Handler {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return ({ headers, query }) => {
    if (headers.authorization !== basic(PASSWORD)) return errorReply(401, "UNAUTHORIZED");
    const [type, name, actions = ""] = (query.get("scope") ?? "").split(":");
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: "test", sub: "me", aud: query.get("service"), jti: randomUUID() },
      ...{ iat: now, nbf: now - 10, exp: now + 300 },
      access: [{ type, name, actions: actions.split(",") }],
    };
    const signed = `${encode({ typ: "JWT", alg: "ES256", kid: key.kid })}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: key.private, dsaEncoding: "ieee-p1363" });
    const token = `${signed}.${signature.toString("base64url")}`;
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) };
  };
}
