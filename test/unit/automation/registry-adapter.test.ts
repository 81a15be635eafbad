import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ImageRegistry } from "../../../automation/registry/image-registry.ts";
import { ociRegistry, type OciRegistryOptions } from "../../../automation/registry/oci-registry.ts";
import { selfSignedCertificate } from "../../support/registry-certificate.ts";
import {
  errorReply,
  guarded,
  manifestReply,
  manifests,
  startServer,
  type Handler,
  type LocalServer,
  type Reply,
  type Seen,
} from "../../support/registry-server.ts";

const PASSWORD = "the-password";
const present = { kind: "present" };
const absent = { kind: "absent" };
const unreadable = (reason: string) => ({ kind: "unreadable", reason: expect.stringContaining(reason) as string });

let home: string;
let env: Record<string, string>;
let stops: (() => Promise<void>)[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "registry-test-"));
  env = { HOME: home, PATH: join(home, "bin") };
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await rm(home, { recursive: true, force: true });
});

async function serve(...[handler, certificate]: Parameters<typeof startServer>): Promise<LocalServer> {
  const server = await startServer(handler, certificate);
  stops.push(server.stop);
  return server;
}

/** Impatient, as tests are. */
function registry({ patience, ...options }: Partial<OciRegistryOptions> = {}): ImageRegistry {
  return ociRegistry({ env, patience: { request: 2000, firstWait: 1, ...patience }, ...options });
}

const forever = new AbortController().signal;
const ask = (reference: string, of = registry()) => of.state(reference, forever);
const asked = ({ seen }: LocalServer) => seen.map(({ method, path }) => `${method} ${path}`);
const authorizations = ({ seen }: LocalServer) => seen.map(({ headers }) => headers.authorization);

async function dockerConfig(config: object, file = join(home, ".docker", "config.json")): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, JSON.stringify(config));
}

const entry = (password = PASSWORD) => ({ auth: Buffer.from(`me:${password}`).toString("base64") });
const basic = `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}`;

/** A registry of one image, and its token server, which knows one user and one identity token. */
async function tokenRegistry({
  seconds = 300,
  anonymous = false,
}: { readonly seconds?: number; readonly anonymous?: boolean } = {}) {
  let issued = 0;
  const tokens = await serve(({ method, headers, body }) => {
    const refreshed = method === "POST" && new URLSearchParams(body).get("refresh_token") === "refresh-me";
    if (!refreshed && !(method === "GET" && (headers.authorization === basic || anonymous))) {
      return errorReply(method === "POST" ? 400 : 401, "UNAUTHORIZED");
    }
    issued++;
    return { status: 200, body: JSON.stringify({ token: `token-${issued}`, expires_in: seconds }) };
  });
  const server = await serve((request) =>
    guarded(
      manifests("acme/app:here"),
      () => `Bearer token-${issued}`,
      `Bearer realm="${tokens.origin}/token",service="registry",scope="repository:acme/app:pull"`,
    )(request),
  );
  return { server, tokens, reference: `${server.host}/acme/app:here`, revoke: () => issued++ };
}

describe("a public registry", () => {
  test("has an image: one HEAD, which accepts every kind of manifest", async () => {
    const server = await serve(manifests("acme/app:here"));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect(asked(server)).toEqual(["HEAD /v2/acme/app/manifests/here"]);
    const accept = server.seen[0]?.headers.accept ?? "";
    expect(accept.split(", ")).toHaveLength(4);
    expect(accept).toContain("application/vnd.oci.image.index.v1+json");
    expect(accept).toContain("application/vnd.docker.distribution.manifest.list.v2+json");
  });

  test("is asked by digest where the reference has one", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const server = await serve(manifests("acme/app:here"));
    expect(await ask(`${server.host}/acme/app:here@${digest}`)).toEqual(absent);
    expect(asked(server)[0]).toBe(`HEAD /v2/acme/app/manifests/${digest}`);
  });

  test("lacks an image", async () => {
    const server = await serve(manifests("acme/app:here"));
    expect(await ask(`${server.host}/acme/app:gone`)).toEqual(absent);
    expect(asked(server)).toEqual(["HEAD /v2/acme/app/manifests/gone", "GET /v2/acme/app/manifests/gone"]);
  });

  test("may not know HEAD", async () => {
    const inside = manifests("acme/app:here");
    const server = await serve((request) => (request.method === "HEAD" ? { status: 405 } : inside(request)));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect(await ask(`${server.host}/acme/app:gone`)).toEqual(absent);
  });

  test("may have a manifest longer than is worth reading", async () => {
    const long = { ...manifestReply, body: "x".repeat(3_000_000) };
    const server = await serve(({ method }) => (method === "HEAD" ? { status: 405 } : long));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
  });

  test.each<[string, Reply, string]>([
    ["a web server", { status: 404, body: "<html>not found</html>" }, "404, but not as a registry does"],
    ["a login page", { status: 200, headers: { "content-type": "text/html" } }, "200, but with no manifest"],
    ["an unhappy one", errorReply(403, "DENIED"), "answered 403"],
  ])("is not %s", async (_, reply, why) => {
    const server = await serve(() => reply);
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable(why));
  });

  test("has a reference that can be read", async () => {
    expect(await ask("ghcr.io/Acme/app:1")).toEqual(unreadable('"ghcr.io/Acme/app:1" is no image reference'));
  });
});

describe("a token registry", () => {
  test("gives nobody a token, too", async () => {
    const { tokens, reference } = await tokenRegistry({ anonymous: true });
    expect(await ask(reference)).toEqual(present);
    expect(authorizations(tokens)).toEqual([undefined]);
    expect([...(tokens.seen[0]?.query ?? [])]).toEqual([
      ["service", "registry"],
      ["scope", "repository:acme/app:pull"],
    ]);
  });

  test("wants a login", async () => {
    const { server, reference } = await tokenRegistry();
    expect(await ask(reference)).toEqual(
      unreadable(
        `"${server.host}/acme/app" may not be read: it wants a login, and none is known (401); ` +
          `run "docker login ${server.host}"`,
      ),
    );
  });

  test("takes a password, shown to the token server alone", async () => {
    const { server, tokens, reference } = await tokenRegistry();
    await dockerConfig({ auths: { [server.host]: entry() } });
    expect(await ask(reference)).toEqual(present);
    expect(authorizations(tokens)).toEqual([basic]);
    expect(authorizations(server)).toEqual([undefined, "Bearer token-1"]);
  });

  test("takes an identity token, in a body", async () => {
    const { server, tokens, reference } = await tokenRegistry();
    await dockerConfig({ auths: { [server.host]: { ...entry(), identitytoken: "refresh-me" } } });
    expect(await ask(reference)).toEqual(present);
    expect(asked(tokens)).toEqual(["POST /token"]);
    expect(tokens.seen[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(authorizations(tokens)).toEqual([undefined]);
  });

  test.each([
    ["password", { auths: (host: string) => ({ [host]: entry("secret-wrong") }) }],
    ["identity token", { auths: (host: string) => ({ [host]: { identitytoken: "secret-ended" } }) }],
  ])("refuses a wrong %s, and is not asked again at once", async (_, { auths }) => {
    const { server, tokens, reference } = await tokenRegistry();
    await dockerConfig({ auths: auths(server.host) });
    const one = registry();
    const states = [await ask(reference, one), await ask(reference, one)];
    expect(states).toEqual([
      unreadable("the login known for it is refused (40"),
      unreadable("the login known for it is refused (40"),
    ]);
    expect(JSON.stringify(states)).not.toContain("secret");
    expect(tokens.seen).toHaveLength(1);
  });

  test("is asked for one token by many at once", async () => {
    const { server, tokens, reference } = await tokenRegistry();
    await dockerConfig({ auths: { [server.host]: entry() } });
    const one = registry();
    const states = await Promise.all(Array.from({ length: 12 }, () => ask(reference, one)));
    expect(states).toEqual(Array.from({ length: 12 }, () => present));
    expect(tokens.seen).toHaveLength(1);
  });

  test("is asked for another token when one has ended", async () => {
    const { tokens, reference, revoke } = await tokenRegistry({ anonymous: true });
    const one = registry();
    expect(await ask(reference, one)).toEqual(present);
    revoke();
    expect(await ask(reference, one)).toEqual(present);
    expect(tokens.seen).toHaveLength(2);
  });

  test("is asked for another token before one ends", async () => {
    const { server, tokens, reference } = await tokenRegistry({ anonymous: true, seconds: 1 });
    const one = registry();
    await ask(reference, one);
    await ask(reference, one);
    expect(tokens.seen).toHaveLength(2);
    // No refusal, but because it was known to end.
    expect(authorizations(server)).toEqual([undefined, "Bearer token-1", undefined, "Bearer token-2"]);
  });

  test("may refuse its own token", async () => {
    const tokens = await serve(() => ({ status: 200, body: '{"token":"secret-token"}' }));
    const server = await serve(
      guarded(manifests(), () => "never", `Bearer realm="${tokens.origin}/token",service="registry"`),
    );
    const state = await ask(`${server.host}/acme/app:here`);
    expect(state).toEqual(unreadable("it wants a login, and none is known (401)"));
    expect(JSON.stringify(state)).not.toContain("secret");
    expect(server.seen).toHaveLength(2);
  });

  test("may give a token that opens other doors", async () => {
    const tokens = await serve(() => ({ status: 200, body: '{"token":"token"}' }));
    const challenge = `Bearer realm="${tokens.origin}/token"`;
    const server = await serve(
      guarded(
        () => errorReply(403, "DENIED"),
        () => "Bearer token",
        challenge,
      ),
    );
    await dockerConfig({ auths: { [server.host]: entry() } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("the login known for it is refused (403)"));
  });

  test.each<[string, Reply, string]>([
    ["is broken", { status: 500 }, "answered 500"],
    ["answers a page", { status: 200, body: "<html>" }, "answered 200, but no token"],
  ])("whose token server %s", async (_, reply, why) => {
    const tokens = await serve(() => reply);
    const server = await serve(guarded(manifests(), () => "never", `Bearer realm="${tokens.origin}/token"`));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable(`the token server "${tokens.host}"`));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable(why));
  });

  test("that sends logins out unencrypted gets none", async () => {
    const server = await serve(guarded(manifests(), () => "never", 'Bearer realm="http://auth.example.com/token"'));
    await dockerConfig({ auths: { [server.host]: entry() } });
    const insecure = ["auth.example.com"];
    expect(await ask(`${server.host}/acme/app:here`, registry({ insecure }))).toEqual(
      unreadable('wants a login at "auth.example.com" without encryption: nothing was sent there'),
    );
  });
});

describe("a registry with passwords", () => {
  const locked = () => serve(guarded(manifests("acme/app:here"), () => basic, 'Basic realm="registry"'));

  test("takes the right one, and is told it at once from then on", async () => {
    const server = await locked();
    await dockerConfig({ auths: { [server.host]: entry() } });
    const one = registry();
    expect(await ask(`${server.host}/acme/app:here`, one)).toEqual(present);
    expect(await ask(`${server.host}/acme/app:gone`, one)).toEqual(absent);
    expect(authorizations(server)).toEqual([undefined, basic, basic, basic]);
  });

  test("refuses a wrong one", async () => {
    const server = await locked();
    await dockerConfig({ auths: { [server.host]: entry("secret-wrong") } });
    const state = await ask(`${server.host}/acme/app:here`);
    expect(state).toEqual(unreadable("the login known for it is refused (401)"));
    expect(JSON.stringify(state)).not.toContain("secret");
  });

  test("wants one", async () => {
    const server = await locked();
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("it wants a login, and none is known"));
  });

  test.each([undefined, "Negotiate"])("may ask for a login of a kind that is not known: %s", async (challenge) => {
    const headers = challenge === undefined ? {} : { "www-authenticate": challenge };
    const server = await serve(() => ({ status: 401, headers }));
    await dockerConfig({ auths: { [server.host]: entry() } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("wants a login, but of no kind known here"));
  });

  test.each([
    ["DOCKER_CONFIG", "config.json"],
    ["REGISTRY_AUTH_FILE", "auth.json"],
    ["XDG_RUNTIME_DIR", "containers/auth.json"],
  ])("finds its login where %s says", async (variable, name) => {
    const server = await locked();
    const file = join(home, "elsewhere", name);
    await dockerConfig({ auths: { [server.host]: entry() } }, file);
    env[variable] = variable === "REGISTRY_AUTH_FILE" ? file : join(home, "elsewhere");
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
  });

  test("is not kept from its login by a broken file in front of it, but the file is told where none is found", async () => {
    const server = await locked();
    await dockerConfig({ auths: {} });
    await writeFile(join(home, ".docker", "config.json"), '{"auths": secret');
    env["REGISTRY_AUTH_FILE"] = join(home, "auth.json");
    const state = await ask(`${server.host}/acme/app:here`);
    expect(state).toEqual(unreadable(`; "${home}/.docker/config.json" is no Docker configuration in JSON`));
    expect(JSON.stringify(state)).not.toContain("secret");
    await dockerConfig({ auths: { [server.host]: entry() } }, env["REGISTRY_AUTH_FILE"]);
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
  });

  describe("and a credential helper", () => {
    async function helper(script: string): Promise<void> {
      await mkdir(join(home, "bin"), { recursive: true });
      const file = join(home, "bin", "docker-credential-test");
      await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
      await chmod(file, 0o755);
      await dockerConfig({ credsStore: "test" });
    }
    const answers = (username: string, secret: string) =>
      `cat > "${home}/asked"; echo '${JSON.stringify({ ServerURL: "x", Username: username, Secret: secret })}'`;

    test("gets the login from it", async () => {
      const server = await locked();
      await helper(answers("me", PASSWORD));
      expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
      expect(await readFile(join(home, "asked"), "utf8")).toBe(server.host);
    });

    test("gets an identity token from it", async () => {
      const { tokens, reference } = await tokenRegistry();
      await helper(answers("<token>", "refresh-me"));
      expect(await ask(reference)).toEqual(present);
      expect(asked(tokens)).toEqual(["POST /token"]);
    });

    test.each([
      ["knows nothing", 'echo "credentials not found in native keychain"; exit 1', "none is known (401)"],
      ["fails", 'echo "secret trouble"; echo "secret trouble" >&2; exit 3', "ended with exit code 3 for"],
      ["answers nonsense", 'echo "secret"', "answered no login for"],
      ["answers half", answers("me", ""), "answered no login for"],
      ["never stops", "yes secret", '"docker-credential-test get" could not be run for'],
    ])("which %s", async (_, script, why) => {
      const server = await locked();
      await helper(script);
      const state = await ask(`${server.host}/acme/app:here`);
      expect(state).toEqual(unreadable(why));
      expect(JSON.stringify(state)).not.toContain("secret");
    });

    test("which is not there", async () => {
      const server = await locked();
      await dockerConfig({ credHelpers: { [server.host]: "missing" } });
      const state = await ask(`${server.host}/acme/app:here`);
      expect(state).toEqual(unreadable('"docker-credential-missing get" was not found on PATH'));
    });

    test("which is a path", async () => {
      const server = await locked();
      await dockerConfig({ credsStore: "../../bin/sh" });
      expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("is no program's name"));
    });

    test("which hangs is ended, with all that it has started", async () => {
      const server = await locked();
      await helper(`sleep 60 & echo $! > "${home}/pid"; wait`);
      const state = await ask(`${server.host}/acme/app:here`, registry({ patience: { helper: 500 } }));
      expect(state).toEqual(unreadable('"docker-credential-test get" took longer than 0.5 s'));
      await hasEnded();
    });

    test("which hangs ends with the run", async () => {
      const server = await locked();
      await helper(`sleep 60 & echo $! > "${home}/pid"; wait`);
      const run = new AbortController();
      const state = registry().state(`${server.host}/acme/app:here`, run.signal);
      await vi.waitFor(() => readFile(join(home, "pid")));
      run.abort(new Error("stopped by the user"));
      await expect(state).rejects.toThrow("stopped by the user");
      await hasEnded();
    });

    async function hasEnded(): Promise<void> {
      const pid = (await readFile(join(home, "pid"), "utf8")).trim();
      await vi.waitFor(async () => {
        const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tgone");
        expect(status).toMatch(/State:\s+(gone|Z)/);
      });
    }
  });
});

describe("a redirect", () => {
  const to = (location: string): Reply => ({ status: 307, headers: { location } });

  test("is followed, without the login", async () => {
    const other = await serve(manifests("acme/app:here"));
    const server = await serve(
      guarded(
        ({ path }) => to(`${other.origin}${path}`),
        () => basic,
        "Basic",
      ),
    );
    await dockerConfig({ auths: { [server.host]: entry(), [other.host]: entry() } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect(authorizations(server)).toEqual([undefined, basic]);
    expect(authorizations(other)).toEqual([undefined]);
  });

  test("to the same server keeps the login", async () => {
    const inside = manifests("acme/app:here");
    const moved: Handler = (request) =>
      request.path.startsWith("/v2/old/") ? to("/v2/acme/app/manifests/here") : inside(request);
    const server = await serve(guarded(moved, () => basic, "Basic"));
    await dockerConfig({ auths: { [server.host]: entry() } });
    expect(await ask(`${server.host}/old/app:here`)).toEqual(present);
  });

  test("back again does not bring the login back", async () => {
    const other = await serve(({ path }) => to(`${server.origin}${path}/back`));
    const open: Handler = ({ path }) => (path.endsWith("/back") ? manifestReply : undefined);
    const server: LocalServer = await serve(
      (request) =>
        open(request) ??
        guarded(
          ({ path }) => to(`${other.origin}${path}`),
          () => basic,
          "Basic",
        )(request),
    );
    await dockerConfig({ auths: { [server.host]: entry() } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect(authorizations(server)).toEqual([undefined, basic, undefined]);
  });

  test("to a server with a login of its own ends there", async () => {
    const other = await serve(guarded(manifests("acme/app:here"), () => basic, "Basic"));
    const server = await serve(({ path }) => to(`${other.origin}${path}`));
    await dockerConfig({ auths: { [other.host]: entry() } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(
      unreadable(`redirects to "${other.host}", which wants a login of its own`),
    );
    expect(authorizations(other)).toEqual([undefined]);
  });

  test("of a token server does not carry the password on", async () => {
    const other = await serve(() => ({ status: 200, body: '{"token":"token"}' }));
    const tokens = await serve(({ path }) => to(`${other.origin}${path}`));
    const challenge = `Bearer realm="${tokens.origin}/token"`;
    const server = await serve(guarded(manifests("acme/app:here"), () => "Bearer token", challenge));
    await dockerConfig({ auths: { [server.host]: entry() } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect([authorizations(tokens), authorizations(other)]).toEqual([[basic], [undefined]]);
  });

  test("of a refresh token is not followed", async () => {
    const other = await serve(() => ({ status: 200, body: '{"token":"token"}' }));
    const tokens = await serve(({ path }) => to(`${other.origin}${path}`));
    const server = await serve(guarded(manifests(), () => "never", `Bearer realm="${tokens.origin}/token"`));
    await dockerConfig({ auths: { [server.host]: { identitytoken: "refresh-me" } } });
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable(`"${tokens.host}"`));
    expect(other.seen).toEqual([]);
  });

  test.each([
    ["to a host without encryption", "http://registry.example.com/v2/", '"registry.example.com" without encryption'],
    ["to no host", "file:///etc/passwd", "nowhere that can be asked"],
    ["in circles", "/again", "more than 5 times"],
  ])("%s is not followed", async (_, location, why) => {
    const server = await serve(() => to(location));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable(why));
  });
});

describe("a registry in trouble", () => {
  /** The first answers are these. */
  const after = (replies: readonly Reply[], inside: Handler): Handler => {
    const left = [...replies];
    return (request: Seen) => left.shift() ?? inside(request);
  };

  test.each<[string, Reply[]]>([
    ["503", [{ status: 503 }, { status: 500 }]],
    ["429", [{ status: 429, headers: { "retry-after": "0" } }]],
    ["a broken connection", [{ status: 0 }, { status: 0 }]],
  ])("is asked again after %s", async (_, replies) => {
    const server = await serve(after(replies, manifests("acme/app:here")));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect(server.seen).toHaveLength(replies.length + 1);
  });

  test("is given the time it asks for", async () => {
    const server = await serve(after([{ status: 429, headers: { "retry-after": "1" } }], manifests("acme/app:here")));
    const start = performance.now();
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(present);
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  test("is asked three times and no more", async () => {
    const server = await serve(() => ({ status: 503 }));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("answered 503"));
    expect(server.seen).toHaveLength(3);
  });

  test("that only hangs up cannot be reached", async () => {
    const server = await serve(() => ({ status: 0 }));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("could not be reached (ECONNRESET)"));
    expect(server.seen).toHaveLength(3);
  });

  test("that asks for a long time is asked once", async () => {
    const server = await serve(() => ({ status: 429, headers: { "retry-after": "3600" } }));
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("429: too many requests, wait 3600 s"));
    expect(server.seen).toHaveLength(1);
  });

  test("that does not answer is not waited for", async () => {
    const server = await serve(() => undefined);
    const state = await ask(`${server.host}/acme/app:here`, registry({ patience: { request: 300 } }));
    expect(state).toEqual(unreadable(`"${server.host}" did not answer within 0.3 s`));
    expect(server.seen).toHaveLength(1);
  });

  test("that is not there is unreadable", async () => {
    const server = await serve(() => undefined);
    await server.stop();
    stops.pop();
    expect(await ask(`${server.host}/acme/app:here`)).toEqual(unreadable("could not be reached (ECONNREFUSED)"));
  });

  test.each([
    ["before", true],
    ["while it is asked", false],
  ])("is left alone when the run ends %s", async (_, before) => {
    const run = new AbortController();
    const server = await serve(() => {
      run.abort(new Error("stopped by the user"));
      return undefined;
    });
    if (before) run.abort(new Error("stopped by the user"));
    await expect(registry().state(`${server.host}/acme/app:here`, run.signal)).rejects.toThrow("stopped by the user");
    expect(server.seen).toHaveLength(before ? 0 : 1);
  });

  test("is left alone when the run ends while it is given time", async () => {
    const server = await serve(() => ({ status: 503, headers: { "retry-after": "9" } }));
    const run = new AbortController();
    const state = registry().state(`${server.host}/acme/app:here`, run.signal);
    await vi.waitFor(() => {
      expect(server.seen).toHaveLength(1);
    });
    run.abort(new Error("stopped by the user"));
    await expect(state).rejects.toThrow("stopped by the user");
  });

  test("is asked at most four questions at once", async () => {
    const server = await serve(() => undefined);
    const one = registry({ patience: { request: 500 } });
    const states = Array.from({ length: 6 }, (_, index) => ask(`${server.host}/acme/app:${index}`, one));
    await vi.waitFor(() => {
      expect(server.seen).toHaveLength(4);
    });
    await Promise.all(states);
    expect(server.seen).toHaveLength(6);
  });
});

describe("encryption", () => {
  test("is used where there is some, also on this machine, if SSL_CERT_FILE vouches for it", async () => {
    const certificate = selfSignedCertificate();
    const server = await serve(
      guarded(manifests("acme/app:here"), () => basic, "Basic"),
      certificate,
    );
    await dockerConfig({ auths: { [server.host]: entry() } });
    const reference = `${server.host}/acme/app:here`;

    expect(await ask(reference)).toEqual(unreadable("NODE_EXTRA_CA_CERTS or SSL_CERT_FILE"));
    expect(server.seen).toEqual([]);

    env["SSL_CERT_FILE"] = join(home, "certificate.pem");
    expect(await ask(reference)).toEqual(unreadable(`SSL_CERT_FILE names "${env["SSL_CERT_FILE"]}"`));
    await writeFile(env["SSL_CERT_FILE"], certificate.cert);
    expect(await ask(reference)).toEqual(present);
  });
});
