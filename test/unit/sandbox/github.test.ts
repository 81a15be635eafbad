import { describe, expect, test } from "vitest";
import { authorAssociation } from "../../../sandbox/github/author-association.ts";
import { parseCredentials, tokenOf } from "../../../sandbox/github/credentials.ts";
import { readDescription } from "../../../sandbox/github/description.ts";
import { gitHubEnvironment } from "../../../sandbox/github/git-client.ts";
import { parseCgiHeaders } from "../../../sandbox/github/git-http.ts";
import { escapeHtml } from "../../../sandbox/github/page.ts";
import { linkHeader, pageOf, slice } from "../../../sandbox/github/pagination.ts";
import { apiPath, encodeRefSegment, gitPath } from "../../../sandbox/github/paths.ts";
import { RateLimit } from "../../../sandbox/github/rate-limit.ts";
import { combine } from "../../../sandbox/github/representation/status.ts";
import { requestError } from "../../../sandbox/github/request-errors.ts";

describe("pages of a list", () => {
  const url = new URL("http://192.0.2.1:3000/api/v3/repositories/1/pulls?state=all&per_page=2");
  const at = (page: number) => `<${url.href}&page=${page}>`;

  test.each([
    { name: "one page holds all", page: 1, total: 2, expected: undefined },
    { name: "an empty list", page: 1, total: 0, expected: undefined },
    { name: "the first of three", page: 1, total: 5, expected: `${at(2)}; rel="next", ${at(3)}; rel="last"` },
    {
      name: "the second of three",
      page: 2,
      total: 5,
      expected: `${at(1)}; rel="prev", ${at(3)}; rel="next", ${at(3)}; rel="last", ${at(1)}; rel="first"`,
    },
    { name: "the last of three", page: 3, total: 5, expected: `${at(2)}; rel="prev", ${at(1)}; rel="first"` },
    { name: "beyond the last", page: 9, total: 5, expected: `${at(3)}; rel="prev", ${at(1)}; rel="first"` },
  ])("$name", ({ page, total, expected }) => {
    expect(linkHeader(url, { page, perPage: 2 }, total)).toBe(expected);
  });

  test.each([
    [{}, { page: 1, perPage: 30 }],
    [
      { page: 3, per_page: 100 },
      { page: 3, perPage: 100 },
    ],
    [
      { page: 0, per_page: 1000 },
      { page: 1, perPage: 100 },
    ],
    [
      { page: -1, per_page: 0 },
      { page: 1, perPage: 30 },
    ],
  ])("%j is brought into range", (query, expected) => {
    expect(pageOf(query)).toEqual(expected);
  });

  test("a page is a part of the list", () => {
    expect(slice([1, 2, 3, 4, 5], { page: 2, perPage: 2 })).toEqual([3, 4]);
    expect(slice([1], { page: 2, perPage: 2 })).toEqual([]);
  });
});

describe("a request that violates the description", () => {
  const violation = (instancePath: string, keyword: string, params = {}, message = "is wrong") => ({
    instancePath,
    keyword,
    params,
    message,
  });

  test.each([
    {
      name: "a missing field",
      violations: [violation("/requestBody", "required", { missingProperty: "head" })],
      expected: { status: 422, errors: [{ resource: "PullRequest", field: "head", code: "missing_field" }] },
    },
    {
      name: "a missing field of a field",
      violations: [violation("/requestBody/labels/0", "required", { missingProperty: "name" })],
      expected: { status: 422, errors: [{ resource: "PullRequest", field: "labels.0.name", code: "missing_field" }] },
    },
    {
      name: "a wrong value, said twice",
      violations: [violation("/query/state", "enum"), violation("/query/state", "type")],
      expected: {
        status: 422,
        errors: [{ resource: "PullRequest", field: "state", code: "invalid", message: "is wrong" }],
      },
    },
    {
      name: "no body where one is needed",
      violations: [violation("", "required", { missingProperty: "requestBody" })],
      expected: { status: 422, errors: [{ resource: "PullRequest", field: "", code: "invalid", message: "is wrong" }] },
    },
    { name: "a path that cannot be", violations: [violation("/path/pull_number", "type")], expected: { status: 404 } },
  ])("$name", ({ violations, expected }) => {
    expect(requestError("pulls/create", violations)).toMatchObject(expected);
  });

  test("query parameters GitHub does not know are passed over", () => {
    expect(
      requestError("pulls/list", [violation("/query", "additionalProperties", { additionalProperty: "x" })]),
    ).toBeUndefined();
  });
});

describe("GitHub's description", () => {
  test("is cut down to what is asked for, with all that it refers to", () => {
    const description = readDescription(new Set(["pulls/get"]));
    expect(Object.keys(description.document.paths ?? {})).toEqual(["/repos/{owner}/{repo}/pulls/{pull_number}"]);
    expect(Object.keys(description.document.components?.schemas ?? {})).toContain("pull-request");
    expect(Object.keys(description.document.components?.schemas ?? {})).not.toContain("gist-simple");
    expect(description.knows("GET", "/repos/a/b/hooks")).toBe(true);
    expect(description.knows("PUT", "/repos/a/b/hooks")).toBe(false);
    expect(description.knows("GET", "/repos/a")).toBe(false);
  });

  test("has every operation that is asked for", () => {
    expect(() => readDescription(new Set(["pulls/get", "pulls/gte"]))).toThrow(/no operation pulls\/gte$/);
  });
});

describe("paths", () => {
  test.each([
    ["/api/v3/repos/a/b", "/repos/a/b"],
    ["/api/v3", "/"],
    ["/repos/a/b", "/repos/a/b"],
    ["/repositories/7/pulls", "/repositories/7/pulls"],
    ["/user", "/user"],
    ["/rate_limit", "/rate_limit"],
    ["/userland/kbot", undefined],
    ["/den-vasyliev/kbot", undefined],
    ["/", undefined],
  ])("the API's part of %s is %s", (path, expected) => {
    expect(apiPath(path)).toBe(expected);
  });

  test.each([
    ["/repos/a/b/commits/feature/one/status", "/repos/a/b/commits/feature%2Fone/status"],
    ["/repos/a/b/commits/feature%2Fone/statuses", "/repos/a/b/commits/feature%2Fone/statuses"],
    ["/repos/a/b/git/ref/heads/feature/one", "/repos/a/b/git/ref/heads%2Ffeature%2Fone"],
    ["/repos/a/b/git/refs", "/repos/a/b/git/refs"],
    ["/repos/a/b/branches/x/y", "/repos/a/b/branches/x%2Fy"],
    ["/repos/a/b/pulls/1/commits", "/repos/a/b/pulls/1/commits"],
  ])("the ref in %s is one segment", (path, expected) => {
    expect(encodeRefSegment(path)).toBe(expected);
  });

  test.each([
    ["/a/b.git/info/refs", { owner: "a", name: "b", rest: "/info/refs" }],
    ["/a/b/git-upload-pack", { owner: "a", name: "b", rest: "/git-upload-pack" }],
    ["/a/b.git/config", undefined],
    ["/a/b/pull/1", undefined],
    ["/a/b.git/../../etc/passwd", undefined],
  ])("git's part of %s", (path, expected) => {
    expect(gitPath(path)).toEqual(expected);
  });
});

describe("credentials", () => {
  test("a line for each user, or a lone token", () => {
    expect(parseCredentials("# users\nmaintainer:abc:admin\n\ncontributor:def:read\n")).toEqual([
      { login: "maintainer", token: "abc", permission: "admin" },
      { login: "contributor", token: "def", permission: "read" },
    ]);
    expect(parseCredentials("abc\n")).toEqual([{ login: "maintainer", token: "abc", permission: "admin" }]);
  });

  test("every bad line is named", () => {
    expect(() => parseCredentials("a:b:owner\nc:d:read\n:e:read")).toThrow(/line 1: .*; line 3: /);
    expect(() => parseCredentials("\n")).toThrow(/no token/);
  });

  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  test.each([
    ["token abc", "abc"],
    ["Bearer abc", "abc"],
    [basic("anyone:abc"), "abc"],
    [basic("abc:"), "abc"],
    [basic("abc"), "abc"],
    [basic("anyone:a:c"), "a:c"],
    ["abc", ""],
  ])("the secret in %s", (header, expected) => {
    expect(tokenOf(header)).toBe(expected);
  });

  test("every missing variable is named", () => {
    expect(() => gitHubEnvironment({ GITHUB_TOKEN: "x", GITHUB_API_URL: "" })).toThrow(
      /^GITHUB_API_URL, GITHUB_REPOSITORY not set/,
    );
  });
});

test.each([
  [{ isOwner: true, permission: "admin", hasMergedPullRequest: false }, "OWNER"],
  [{ isOwner: false, permission: "admin", hasMergedPullRequest: true }, "COLLABORATOR"],
  [{ isOwner: false, permission: "triage", hasMergedPullRequest: false }, "COLLABORATOR"],
  [{ isOwner: false, permission: "read", hasMergedPullRequest: true }, "CONTRIBUTOR"],
  [{ isOwner: false, permission: "read", hasMergedPullRequest: false }, "NONE"],
  [{ isOwner: false, permission: "none", hasMergedPullRequest: false }, "NONE"],
] as const)("%j is %s", (facts, expected) => {
  expect(authorAssociation(facts)).toBe(expected);
});

test.each([
  [[], "pending"],
  [["success", "success"], "success"],
  [["success", "pending"], "pending"],
  [["success", "pending", "error"], "failure"],
  [["failure"], "failure"],
] as const)("statuses %j combine to %s", (states, expected) => {
  expect(combine(states)).toBe(expected);
});

test("CGI headers become a status and headers", () => {
  expect(parseCgiHeaders("Status: 404 Not Found\r\nContent-Type: text/plain")).toEqual({
    status: 404,
    headers: { "content-type": "text/plain" },
  });
  expect(parseCgiHeaders("Expires: Fri, 01 Jan 1980 00:00:00 GMT").status).toBe(200);
});

test("what strangers write does not become markup", () => {
  expect(escapeHtml(`<script>"&'</script>`)).toBe("&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;");
});

test("the rate limit starts anew after an hour, for each user apart", () => {
  let now = new Date("2026-01-01T00:00:00Z");
  const limit = new RateLimit(100, () => now);
  limit.count("maintainer");
  limit.count("maintainer");
  const reset = Date.parse("2026-01-01T01:00:00Z") / 1000;
  expect(limit.usage("maintainer")).toEqual({ limit: 100, used: 2, remaining: 98, reset });
  expect(limit.usage("contributor")).toMatchObject({ used: 0 });
  expect(limit.usage(undefined)).toMatchObject({ limit: 60 });
  now = new Date("2026-01-01T01:00:00Z");
  expect(limit.usage("maintainer")).toMatchObject({ used: 0, remaining: 100 });
});
