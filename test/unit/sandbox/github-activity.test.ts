import { describe, expect, test } from "vitest";
import { activityType, branchChanges, matchingActivities, noCommit } from "../../../sandbox/github/activity.ts";
import { cursorLinkHeader, cursorPage } from "../../../sandbox/github/cursor-pages.ts";
import type { Activity } from "../../../sandbox/github/model.ts";

const a = "a".repeat(40);
const b = "b".repeat(40);

test.each([
  ["nothing", { "refs/heads/x": a }, { "refs/heads/x": a }, []],
  ["a new one", {}, { "refs/heads/x": a }, [{ ref: "refs/heads/x", before: noCommit, after: a }]],
  ["one is gone", { "refs/heads/x": a }, {}, [{ ref: "refs/heads/x", before: a, after: noCommit }]],
  [
    "two moved, told by name",
    { "refs/heads/y": a, "refs/heads/x": a, "refs/heads/z": a },
    { "refs/heads/y": b, "refs/heads/x": b, "refs/heads/z": a },
    [
      { ref: "refs/heads/x", before: a, after: b },
      { ref: "refs/heads/y", before: a, after: b },
    ],
  ],
])("what became of the branches: %s", (_, before, after, expected) => {
  expect(branchChanges(before, after)).toEqual(expected);
});

describe("the kind of a change", () => {
  const change = (before: string, after: string) => ({ ref: "refs/heads/x", before, after });
  test.each([
    ["branch_creation", change(noCommit, a), false, undefined],
    ["branch_deletion", change(a, noCommit), false, undefined],
    ["push", change(a, b), true, undefined],
    ["force_push", change(a, b), false, undefined],
    ["pr_merge", change(a, b), true, "refs/heads/x"],
    ["push", change(a, b), true, "refs/heads/y"],
  ] as const)("%s", (expected, of, forward, mergedRef) => {
    expect(activityType(of, forward, mergedRef)).toBe(expected);
  });
});

describe("filters", () => {
  const activity = (id: number, part: Partial<Activity>): Activity => ({
    id,
    type: "push",
    ref: "refs/heads/main",
    before: a,
    after: b,
    actor: "maintainer",
    at: "2026-01-01T00:00:00Z",
    ...part,
  });
  const all = [
    activity(1, { ref: "refs/heads/feature/x" }),
    activity(2, { type: "force_push" }),
    activity(3, { actor: "Contributor", at: "2026-01-02T00:00:00Z" }),
  ];

  test.each([
    [{}, [1, 2, 3]],
    [{ ref: "feature/x" }, [1]],
    [{ ref: "refs/heads/feature/x" }, [1]],
    [{ ref: "x" }, []],
    [{ type: "force_push" }, [2]],
    [{ actor: "contributor" }, [3]],
    [{ since: Date.parse("2026-01-01T12:00:00Z") }, [3]],
    [{ ref: "main", type: "push" }, [3]],
  ])("%j", (filter, expected) => {
    expect(matchingActivities(all, filter).map(({ id }) => id)).toEqual(expected);
  });
});

describe("pages by cursors", () => {
  const items = [9, 7, 5, 3, 1].map((id) => ({ id }));
  const after = (id: number) => cursorPage(items, { perPage: 1, after: undefined, before: cursor(id) });
  const cursor = (id: number) => {
    const page = cursorPage([{ id }, { id: 0 }], { perPage: 1 });
    return page.links.next?.after ?? "";
  };

  test.each([
    { name: "the first", wanted: { perPage: 2 }, ids: [9, 7], next: 7 },
    { name: "one in the middle", wanted: { perPage: 2, after: cursor(7) }, ids: [5, 3], prev: 5, next: 3 },
    { name: "the last, after a cursor", wanted: { perPage: 2, after: cursor(3) }, ids: [1], prev: 1 },
    { name: "beyond the last", wanted: { perPage: 2, after: cursor(1) }, ids: [] },
    { name: "all of it", wanted: { perPage: 5 }, ids: [9, 7, 5, 3, 1] },
    {
      name: "the ones next to a cursor, before it",
      wanted: { perPage: 2, before: cursor(3) },
      ids: [7, 5],
      prev: 7,
      next: 5,
    },
    { name: "fewer than a page before a cursor", wanted: { perPage: 2, before: cursor(7) }, ids: [9], next: 9 },
    {
      name: "between two cursors",
      wanted: { perPage: 9, after: cursor(9), before: cursor(3) },
      ids: [7, 5],
      prev: 7,
      next: 5,
    },
  ])("$name", ({ wanted, ids, prev, next }) => {
    const page = cursorPage(items, wanted);
    expect(page.items.map(({ id }) => id)).toEqual(ids);
    expect(page.links).toEqual({
      ...(prev !== undefined && { prev: { before: cursor(prev) } }),
      ...(next !== undefined && { next: { after: cursor(next) } }),
    });
  });

  test("an item that is new in front shifts nothing", () => {
    const page = cursorPage([{ id: 11 }, ...items], { perPage: 2, after: cursor(7) });
    expect(page.items.map(({ id }) => id)).toEqual([5, 3]);
    expect(after(9).items).toEqual([]);
  });

  test("a cursor of nothing in the list is refused", () => {
    expect(() => cursorPage(items, { perPage: 2, after: "x" })).toThrow("The cursor does not exist in this list.");
  });

  test("links keep the other parameters and have one cursor", () => {
    const url = new URL("http://192.0.2.1/api/v3/repositories/1/activity?ref=x&per_page=2&after=old");
    expect(cursorLinkHeader(url, { prev: { before: "p" }, next: { after: "n" } })).toBe(
      `<http://192.0.2.1/api/v3/repositories/1/activity?ref=x&per_page=2&before=p>; rel="prev", ` +
        `<http://192.0.2.1/api/v3/repositories/1/activity?ref=x&per_page=2&after=n>; rel="next"`,
    );
    expect(cursorLinkHeader(url, {})).toBeUndefined();
  });
});
