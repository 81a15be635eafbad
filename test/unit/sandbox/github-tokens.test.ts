import { createSign, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { appOfJwt, isJwt } from "../../../sandbox/github/app-jwt.ts";
import { parseApps } from "../../../sandbox/github/app-file.ts";
import { parseCredentials } from "../../../sandbox/github/credentials.ts";
import type { Repository } from "../../../sandbox/github/model.ts";
import { operations } from "../../../sandbox/github/operations/index.ts";
import {
  acceptedPermissions,
  parsePermissions,
  permissionNames,
  permits,
  refuseBeyondGrant,
  type Grant,
} from "../../../sandbox/github/token-permissions.ts";

describe("permissions", () => {
  test("are known for every operation on a repository, and name permissions that exist", () => {
    const elsewhere = Object.keys(operations).filter((id) => !(id in acceptedPermissions));
    expect(elsewhere.sort()).toEqual([
      "apps/create-installation-access-token",
      "apps/get-authenticated",
      "apps/get-repo-installation",
      "users/get-authenticated",
      "users/get-by-username",
    ]);
    expect(Object.keys(acceptedPermissions).filter((id) => !(id in operations))).toEqual([]);
    const needs = new Set(Object.values(acceptedPermissions).flatMap((accepted) => accepted.split(/; |,/)));
    const possible = permissionNames.flatMap((name) => [`${name}=read`, `${name}=write`]);
    expect([...needs].filter((need) => !possible.includes(need))).toEqual([]);
  });

  test.each([
    [{}, "metadata=read", true],
    [{}, "contents=read", false],
    [{ contents: "read" }, "contents=read", true],
    [{ contents: "write" }, "contents=read", true],
    [{ contents: "read" }, "contents=write", false],
    [{ issues: "write" }, "issues=write; pull_requests=write", true],
    [{ pull_requests: "write" }, "issues=write; pull_requests=write", true],
    [{ statuses: "write" }, "issues=write; pull_requests=write", false],
    [{ administration: "write" }, "administration=write,contents=read", false],
    [{ administration: "write", contents: "read" }, "administration=write,contents=read", true],
  ] as const)("%j permits %s: %s", (permissions, accepted, expected) => {
    expect(permits(permissions, accepted)).toBe(expected);
  });

  const repository = {} as Repository;
  const grant = (part: Partial<Grant>): Grant => ({
    holder: "integration",
    permissions: { pull_requests: "write" },
    covers: () => true,
    ...part,
  });

  test.each([
    ["what it holds", grant({}), "pulls/create", repository, true],
    ["what it does not hold", grant({}), "repos/create-deployment", repository, false],
    ["reading elsewhere", grant({ covers: () => false }), "repos/list-deployments", repository, true],
    ["writing elsewhere", grant({ covers: () => false }), "pulls/create", repository, false],
    ["a repository that is not there", grant({}), "repos/get-deployment", undefined, true],
    ["what needs none", grant({}), "users/get-by-username", undefined, true],
    ["itself, for an app", grant({}), "users/get-authenticated", undefined, false],
    ["itself, for a user", grant({ holder: "personal access token" }), "users/get-authenticated", undefined, true],
  ])("%s", (_, of, operationId, on, allowed) => {
    const asked = () => {
      refuseBeyondGrant(of, operationId, on);
    };
    if (allowed) expect(asked).not.toThrow();
    else expect(asked).toThrow(`Resource not accessible by ${of.holder}`);
  });

  test.each([
    ["contents=read,issues=write", { contents: "read", issues: "write" }],
    ["contents", undefined],
    ["contents=admin", undefined],
    ["content=read", undefined],
    ["", undefined],
  ])("%j is read", (text, expected) => {
    expect(parsePermissions(text)).toEqual(expected);
  });

  test("a token file can limit a token", () => {
    expect(parseCredentials("driver:abc:write:pull_requests=write,contents=read\ndriver:def:write\n")).toEqual([
      {
        login: "driver",
        token: "abc",
        permission: "write",
        tokenPermissions: { pull_requests: "write", contents: "read" },
      },
      { login: "driver", token: "def", permission: "write" },
    ]);
    expect(() => parseCredentials("driver:abc:write:pull=write\ndriver:abc:write:issues=read:more")).toThrow(
      /line 1: .*; line 2: .*pull_requests/,
    );
  });
});

describe("an app's own token", () => {
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const now = new Date("2026-01-01T00:00:00.500Z");
  const seconds = Math.floor(now.getTime() / 1000);
  const apps = [{ id: 7, publicKey: key.publicKey.export({ type: "spki", format: "pem" }).toString() }];
  const sign = (
    claims: object,
    header: object = { alg: "RS256" },
    times = { iat: seconds - 30, exp: seconds + 600 },
  ) => {
    const parts = [header, { iss: 7, ...times, ...claims }];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${text}.${createSign("RSA-SHA256").update(text).sign(key.privateKey, "base64url")}`;
  };

  test.each([
    ["by its number", sign({})],
    ["by its number as text", sign({ iss: "7" })],
    ["for ten minutes", sign({ exp: seconds + 600 })],
  ])("is accepted %s", (_, jwt) => {
    expect(appOfJwt(jwt, apps, now)).toBe(apps[0]);
  });

  test.each([
    ["no JSON", "a.b.c", "could not be decoded"],
    ["another algorithm", sign({}, { alg: "none" }), "could not be decoded"],
    [
      "changed after it was signed",
      sign({}).replace(/\.([^.]+)\./, `.${Buffer.from('{"iss":7}').toString("base64url")}.`),
      "could not be decoded",
    ],
    ["an unknown app", sign({ iss: 8 }), "Integration not found"],
    ["no issuer", sign({ iss: undefined }), "Integration not found"],
    ["an issue time to come", sign({ iat: seconds + 1 }), "'Issued at' claim"],
    ["no issue time", sign({ iat: undefined }), "'Issued at' claim"],
    ["the past", sign({ exp: seconds }), "must be a numeric value representing the future"],
    ["no end", sign({ exp: "soon" }), "must be a numeric value representing the future"],
    ["too far an end", sign({ exp: seconds + 602 }), "is too far in the future"],
  ])("is refused: %s", (_, jwt, message) => {
    expect(() => appOfJwt(jwt, apps, now)).toThrow(message);
  });

  test.each([
    [sign({}), true],
    ["ghs_16C7e42F292c6912E7710c838347Ae178B4a", false],
    ["maintainer-token", false],
    ["", false],
  ])("%s is one: %s", (token, expected) => {
    expect(isJwt(token)).toBe(expected);
  });

  test("the file of apps is read with all its problems", () => {
    const publicKey = apps[0]?.publicKey ?? "";
    const app = { id: 7, slug: "previews", publicKey, permissions: { issues: "write" }, repositories: ["acme/app"] };
    expect(parseApps(JSON.stringify([app]))).toEqual([app]);
    const wrong = { ...app, id: "7", publicKey: "x", permissions: { pulls: "write" }, repositories: ["acme"] };
    expect(() => parseApps(JSON.stringify([wrong]))).toThrow(
      /0\.id.*0\.publicKey.*0\.permissions.*0\.repositories\.0/s,
    );
    expect(() => parseApps("{")).toThrow(/^Cannot read the file of apps: /);
  });
});
