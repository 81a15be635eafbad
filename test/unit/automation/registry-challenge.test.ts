import { describe, expect, test } from "vitest";
import { parseChallenges, preferredChallenge } from "../../../automation/registry/challenge.ts";
import { readToken, tokenRequest, tokenServer } from "../../../automation/registry/token-exchange.ts";

describe("a challenge", () => {
  test.each<[string, string, [string, Record<string, string>][]]>([
    ["none", "", []],
    ["nothing but separators", " ,, ", []],
    ["a scheme alone", "Negotiate", [["negotiate", {}]]],
    ["Basic", 'Basic realm="Registry Realm"', [["basic", { realm: "Registry Realm" }]]],
    [
      "a token's, with commas in quotes",
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
      [
        [
          "bearer",
          { realm: "https://auth.example/token", service: "registry.example", scope: "repository:a/b:pull,push" },
        ],
      ],
    ],
    [
      "capitals and spaces",
      'BEARER  Realm = "https://a/t" , SERVICE=reg',
      [["bearer", { realm: "https://a/t", service: "reg" }]],
    ],
    ["a quote within quotes", 'Basic realm="say \\"please\\""', [["basic", { realm: 'say "please"' }]]],
    ["a bare URL", "Bearer realm=https://a/t?x=1,service=r", [["bearer", { realm: "https://a/t?x=1", service: "r" }]]],
    ["no comma", 'Bearer realm="https://a/t" service="r"', [["bearer", { realm: "https://a/t", service: "r" }]]],
    [
      "several",
      'Negotiate dG9rZW4=, Basic realm="x", Bearer realm="https://a/t",error="invalid_token"',
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
        ["bearer", { realm: "https://a/t", error: "invalid_token" }],
      ],
    ],
    [
      "an open quote",
      'Bearer realm="https://a/t',
      [
        ["bearer", {}],
        ["realm", {}],
      ],
    ],
  ])("%s", (_, header, expected) => {
    const read = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    expect(read).toEqual(expected);
  });

  test.each([
    [undefined, undefined],
    ["Negotiate", undefined],
    ['Basic realm="x"', "basic"],
    ['Basic realm="x", Bearer realm="https://a/t"', "bearer"],
  ])("of %j, the way in is %j", (header, scheme) => {
    expect(preferredChallenge(header)?.scheme).toBe(scheme);
  });
});

const image = { registry: "registry.example", repository: "acme/app" };
const password = { kind: "password", username: "me", password: "pass:word" } as const;
const identityToken = { kind: "identityToken", token: "refresh me" } as const;
const bearer = (parameters: Record<string, string>) => ({
  scheme: "bearer",
  parameters: new Map(Object.entries(parameters)),
});

describe("a token's server", () => {
  test.each([
    ["https://auth.example/token", password, []],
    ["https://auth.example/token", undefined, []],
    ["http://127.0.0.1:5000/token", password, []],
    ["http://localhost/token", identityToken, []],
    ["http://registry:5000/token", undefined, ["registry:5000"]],
  ])("%s", (realm, login, insecure) => {
    expect(tokenServer(image, bearer({ realm }), login, insecure).href).toBe(realm);
  });

  test.each([
    ["http://auth.example/token", password, [], "without encryption: nothing was sent"],
    ["http://auth.example/token", undefined, [], "without encryption: nothing was sent"],
    ["http://auth.example/token", password, ["auth.example"], "without encryption: nothing was sent"],
    ["http://auth.example/token", identityToken, ["auth.example"], "without encryption: nothing was sent"],
    ["http://127.0.0.1.example/token", password, [], "without encryption: nothing was sent"],
    ["/token", undefined, [], "does not say where"],
    ["", undefined, [], "does not say where"],
    ["file:///etc/passwd", password, [], "does not say where"],
  ])("not %s", (realm, login, insecure, why) => {
    expect(() => tokenServer(image, bearer({ realm }), login, insecure)).toThrow(why);
  });
});

describe("a request for a token", () => {
  const server = new URL("https://auth.example/token?kind=pull");
  const challenge = bearer({ service: "reg", scope: "repository:a:pull repository:b:pull" });

  test("as nobody", () => {
    expect(tokenRequest(server, image, challenge, undefined)).toEqual({
      method: "GET",
      url: new URL(`${server.href}&service=reg&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull`),
    });
  });

  test("with a password", () => {
    const { method, url, authorization } = tokenRequest(server, image, challenge, password);
    expect([method, url.searchParams.get("account")]).toEqual(["GET", "me"]);
    expect(url.href).not.toContain("word");
    expect(authorization).toBe(`Basic ${btoa("me:pass:word")}`);
  });

  test("with an identity token", () => {
    const { method, url, authorization, form } = tokenRequest(server, image, challenge, identityToken);
    expect([method, url.href, authorization]).toEqual(["POST", server.href, undefined]);
    expect(Object.fromEntries(form ?? [])).toEqual({
      service: "reg",
      scope: "repository:a:pull repository:b:pull",
      client_id: "preview-environments",
      grant_type: "refresh_token",
      refresh_token: "refresh me",
    });
  });

  test("where the registry names no scope", () => {
    const { url } = tokenRequest(server, image, bearer({}), undefined);
    expect([...url.searchParams]).toEqual([
      ["kind", "pull"],
      ["scope", "repository:acme/app:pull"],
    ]);
  });
});

test.each([
  ['{"token":"abc"}', { value: "abc", seconds: 60 }],
  ['{"access_token":"abc","expires_in":300}', { value: "abc", seconds: 300 }],
  ['{"token":"abc","access_token":"def","issued_at":"now"}', { value: "abc", seconds: 60 }],
  ['{"token":"","access_token":"def"}', { value: "def", seconds: 60 }],
  ["{}", undefined],
  ['{"token":5}', undefined],
  ['{"token":"two\\r\\nlines"}', undefined],
  ["<html>", undefined],
  ["null", undefined],
])("the token in %s", (body, expected) => {
  expect(readToken(body)).toEqual(expected);
});
