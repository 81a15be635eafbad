import { describe, expect, test } from "vitest";
import { AnswerCache } from "../../../sandbox/github/answer-cache.ts";
import { ContentLimit, createsContent } from "../../../sandbox/github/content-limit.ts";
import { etagOf, matchesEtag } from "../../../sandbox/github/etag.ts";
import { completeState } from "../../../sandbox/github/store.ts";

describe("answers that are remembered", () => {
  test("are told again until something changes", () => {
    const cache = new AnswerCache<string>(100);
    cache.set("a", 1, "one", 3);
    expect([cache.get("a", 1), cache.get("b", 1), cache.get("a", 2)]).toEqual(["one", undefined, undefined]);
    cache.set("a", 2, "two", 3);
    expect([cache.get("a", 1), cache.get("a", 2)]).toEqual([undefined, "two"]);
  });

  test("and begun before the change are of no use", () => {
    const cache = new AnswerCache<string>(100);
    cache.set("a", 2, "new", 3);
    cache.set("b", 1, "old", 3);
    expect([cache.get("a", 2), cache.get("b", 2)]).toEqual(["new", undefined]);
  });

  test("are kept no longer than there is room for them", () => {
    const cache = new AnswerCache<string>(10);
    cache.set("a", 1, "x", 6);
    cache.set("b", 1, "x", 6);
    cache.set("c", 1, "x", 4);
    expect([cache.get("a", 1), cache.get("b", 1), cache.get("c", 1)]).toEqual(["x", undefined, "x"]);
    cache.set("b", 2, "x", 10);
    expect(cache.get("b", 2)).toBe("x");
  });
});

describe("the limit of creating content", () => {
  test("is one for each user and any minute, and what is refused does not count", () => {
    let now = 0;
    const limit = new ContentLimit(2, () => new Date(now));
    const refused = (login: string) => {
      try {
        limit.count(login);
        return undefined;
      } catch (error) {
        return (error as { details: { headers: Record<string, string> } }).details.headers["retry-after"];
      }
    };
    expect(refused("one")).toBeUndefined();
    now = 20_500;
    expect(refused("one")).toBeUndefined();
    expect([refused("one"), refused("one"), refused("other")]).toEqual(["40", "40", undefined]);
    now = 60_000;
    expect([refused("one"), refused("one")]).toEqual([undefined, "21"]);
  });

  test.each([
    ["POST", "issues/create-comment", true],
    ["PATCH", "issues/update-comment", true],
    ["PUT", "issues/set-labels", true],
    ["DELETE", "issues/delete-comment", false],
    ["GET", "issues/get", false],
    ["POST", "apps/create-installation-access-token", false],
  ])("%s %s counts: %s", (method, operationId, expected) => {
    expect(createsContent(method, operationId)).toBe(expected);
  });
});

describe("names of an answer's content", () => {
  const etag = etagOf("body", "link");
  test("differ by body and by link", () => {
    expect(new Set([etag, etagOf("body", ""), etagOf("other", "link")]).size).toBe(3);
  });

  test.each([
    [etag, true],
    [etag.replace("W/", ""), true],
    [`"x", ${etag}`, true],
    ["*", true],
    ['"x"', false],
    ["", false],
    [undefined, false],
  ])("%s is it: %s", (header, expected) => {
    expect(matchesEtag(header, etag)).toBe(expected);
  });
});

test("a state from before there were activities and renames is completed", () => {
  const old = {
    id: 1002,
    owner: "acme",
    name: "app",
    defaultBranch: "main",
    createdAt: "2026-01-01T00:00:00Z",
    pushedAt: "2026-01-01T00:00:00Z",
    nextNumber: 41,
    labels: [],
    issues: [],
    comments: [],
    reviews: [],
    statuses: [],
    deployments: [],
  };
  expect(completeState({ nextId: 1003, accounts: [], repositories: [old] })).toEqual({
    nextId: 1003,
    accounts: [],
    repositories: [{ ...old, formerNames: [], folder: "acme/app", activities: [], webhooks: [] }],
    installations: [],
    installationTokens: [],
  });
  expect(completeState({})).toMatchObject({ nextId: 1001, repositories: [] });
});
