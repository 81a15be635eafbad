import { describe, expect, test } from "vitest";
import { judgeAnswer, type ManifestAnswer } from "../../../automation/registry/judge-answer.ts";
import { patience, waitAfterError, waitBeforeRetry } from "../../../automation/registry/retry.ts";

const errors = (...codes: string[]) => JSON.stringify({ errors: codes.map((code) => ({ code, message: "<b>" })) });
const answer = (status: number, more: Partial<ManifestAnswer> = {}): ManifestAnswer => ({
  status,
  contentType: undefined,
  digest: undefined,
  retryAfter: undefined,
  body: "",
  ...more,
});

describe("an answer", () => {
  test.each([
    ["an OCI index", { contentType: "application/vnd.oci.image.index.v1+json" }],
    ["a Docker manifest", { contentType: "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8" }],
    ["the oldest kind of manifest", { contentType: "application/vnd.docker.distribution.manifest.v1+prettyjws" }],
    ["plain JSON", { contentType: "application/json" }],
    ["a digest and no type", { digest: "sha256:00" }],
  ])("200 with %s: present", (_, more) => {
    expect(judgeAnswer(answer(200, more), "ghcr.io")).toEqual({ kind: "present" });
  });

  test.each(["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"])("404 with %s: absent", (code) => {
    expect(judgeAnswer(answer(404, { body: errors(code) }), "ghcr.io")).toEqual({ kind: "absent" });
  });

  test.each([
    ["a page", answer(200, { contentType: "text/html" }), "answered 200, but with no manifest (text/html)"],
    ["a type that tricks", answer(200, { contentType: "text/html\u001b[31m" }), "(text/html31m)"],
    ["no type", answer(200), "no manifest (nothing said of its type)"],
    ["404 of a proxy", answer(404, { body: "<html>MANIFEST_UNKNOWN</html>" }), "answered 404, but not as a registry"],
    ["404 without a body", answer(404), "answered 404, but not as a registry"],
    ["404 of another service", answer(404, { body: '{"errors":"MANIFEST_UNKNOWN"}' }), "not as a registry"],
    ["404 with another code", answer(404, { body: errors("BLOB_UNKNOWN") }), "answered 404 (BLOB_UNKNOWN), but not"],
    ["403", answer(403, { body: errors("DENIED", "DENIED") }), '"ghcr.io" answered 403 (DENIED)'],
    ["500", answer(500, { body: errors("a sentence with a secret") }), '"ghcr.io" answered 500'],
    ["429", answer(429, { body: errors("TOOMANYREQUESTS"), retryAfter: "60" }), "too many requests, wait 60 s"],
    ["304", answer(304), "answered 304"],
  ])("%s: unreadable", (_, given, why) => {
    const state = judgeAnswer(given, "ghcr.io");
    expect(state).toEqual({ kind: "unreadable", reason: expect.stringContaining(why) as string });
    expect(JSON.stringify(state)).not.toMatch(/secret|<b>/);
  });
});

describe("asking again", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  test.each([
    [1, 200, undefined, undefined],
    [1, 401, undefined, undefined],
    [1, 404, undefined, undefined],
    [1, 501, undefined, undefined],
    [1, 500, undefined, 500],
    [2, 503, undefined, 1000],
    [3, 503, undefined, undefined],
    [1, 429, "2", 2000],
    [1, 429, "0", 0],
    [1, 429, "11", undefined],
    [1, 503, "Thu, 01 Jan 2026 00:00:05 GMT", 5000],
    [1, 503, "Wed, 31 Dec 2025 00:00:05 GMT", 0],
    [1, 503, "Thu, 01 Jan 2026 01:00:00 GMT", undefined],
    [1, 503, "soon", 500],
  ])("attempt %i answered %i, Retry-After %j: wait %j", (attempt, status, retryAfter, expected) => {
    expect(waitBeforeRetry(attempt, { status, retryAfter }, patience, now)).toBe(expected);
  });

  test.each([
    [1, "ECONNRESET", 500],
    [2, "EAI_AGAIN", 1000],
    [3, "ECONNRESET", undefined],
    [1, "ECONNREFUSED", undefined],
    [1, "SELF_SIGNED_CERT_IN_CHAIN", undefined],
    [1, undefined, undefined],
  ])("attempt %i failed with %j: wait %j", (attempt, code, expected) => {
    expect(waitAfterError(attempt, code, patience)).toBe(expected);
  });
});
