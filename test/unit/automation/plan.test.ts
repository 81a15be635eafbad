import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Judged, Observation, Plan, Preview, Reading } from "../../../automation/model.ts";
import { plan, unaccounted } from "../../../automation/plan.ts";
import { admitted, namespace, preview, pullRequest, refused, release, repository, sha } from "./samples.ts";

function planned(judged: readonly Judged[], previews: readonly Preview[], readings: readonly [number, Reading][] = []) {
  return plan({ repository, judged, observed: { previews, unknownStacks: [] }, readings: new Map(readings) });
}

function only(result: Plan) {
  expect(result.actions).toHaveLength(1);
  const [action] = result.actions;
  return { kind: action?.kind, reason: action?.reason, refresh: action?.refresh, failed: action?.failed };
}

describe("an open pull request", () => {
  const one = pullRequest(41);
  const cases: readonly [string, Judged, Preview | undefined, string, string | RegExp, boolean][] = [
    ["without a preview gets one", admitted(one), undefined, "create", "it has the label", false],
    ["with an equal one keeps it", admitted(one), preview(41), "keep", "up to date at 4100000", false],
    [
      "with a new commit is updated",
      admitted(pullRequest(41, { sha: sha("beef") })),
      preview(41),
      "update",
      "new commit 4100000 -> beef000",
      false,
    ],
    ["with new settings is updated", admitted(one, "other"), preview(41), "update", "its settings changed", false],
    [
      "that is not Ready is looked after",
      admitted(one),
      preview(41, { release: release(41, { ready: false, message: "no image" }) }),
      "update",
      "it is not Ready: no image",
      true,
    ],
    [
      "whose release somebody deleted gets it back",
      admitted(one),
      preview(41, { release: undefined }),
      "update",
      "its HelmRelease is missing",
      true,
    ],
    [
      "whose namespace somebody deleted gets it back",
      admitted(one),
      preview(41, { namespace: undefined }),
      "update",
      "its namespace is missing",
      true,
    ],
    [
      "whose namespace is going gets it back",
      admitted(one),
      preview(41, { namespace: { ...namespace, terminating: true } }),
      "update",
      "its namespace is being deleted",
      true,
    ],
    [
      "with nothing but a stack gets everything",
      admitted(one),
      preview(41, { namespace: undefined, release: undefined }),
      "update",
      "nothing of it is in the cluster",
      true,
    ],
    [
      "with objects but no stack gets a stack",
      admitted(one),
      preview(41, { stack: false }),
      "create",
      'namespace "pr-41" exists without a stack',
      true,
    ],
    ["that is refused gets none", refused(one), undefined, "hold", 'the label "preview" is missing', false],
    [
      "that is refused now keeps what it has",
      refused(one),
      preview(41),
      "hold",
      /label "preview" is missing; its preview stays as it is until the pull request closes/,
      false,
    ],
    [
      "never takes over another repository's",
      admitted(one),
      preview(41, { repository: "other/app" }),
      "hold",
      '"pr-41" belongs to the repository other/app',
      false,
    ],
  ];

  test.each(cases)("%s", (_, judged, found, kind, reason, refresh) => {
    const result = planned([judged], found ? [found] : []);
    expect(only(result)).toMatchObject({ kind, refresh });
    expect(only(result).reason).toMatch(reason);
    expect(result.pullRequests).toMatchObject([{ number: 41, verdict: judged.verdict.kind, action: kind }]);
    expect(result.orphans).toEqual([]);
  });

  test("that cannot have its preview is not converged", () => {
    const result = planned([admitted(one)], [preview(41, { repository: "other/app" })]);
    expect(only(result).failed).toBe(true);
  });
});

describe("a preview that no open pull request accounts for", () => {
  const closed: Reading = { kind: "found", pullRequest: pullRequest(42, { state: "closed" }) };
  const cases: readonly [string, Preview, Reading | undefined, string, string | RegExp][] = [
    ["goes when its pull request is closed", preview(42), closed, "destroy", "the pull request is closed"],
    ["stays when nobody looked", preview(42), undefined, "hold", "its pull request was not read"],
    [
      "stays when the pull request is open after all",
      preview(42),
      { kind: "found", pullRequest: pullRequest(42) },
      "hold",
      /is open, though the list/,
    ],
    [
      "goes when GitHub knows no such number, asked twice",
      preview(42),
      { kind: "gone", reason: "404, twice" },
      "destroy",
      "404, twice",
    ],
    ["stays when it cannot be read", preview(42), { kind: "unreadable", reason: "500" }, "hold", "500"],
    [
      "stays when the answer is about another number",
      preview(42),
      { kind: "found", pullRequest: pullRequest(7, { state: "closed" }) },
      "hold",
      "the answer was about acme/app#7",
    ],
    [
      "stays when the answer is about another repository",
      preview(42),
      { kind: "found", pullRequest: pullRequest(42, { state: "closed", repository: "acme/renamed" }) },
      "hold",
      "the answer was about acme/renamed#42",
    ],
    [
      "stays when it is another repository's",
      preview(42, { repository: "other/app" }),
      closed,
      "hold",
      /belongs to the repository other\/app/,
    ],
    ["goes when it has no stack", preview(42, { stack: false }), closed, "destroy", "the pull request is closed"],
    [
      "stays when nothing says whose it is",
      preview(42, { stack: false, repository: undefined }),
      closed,
      "hold",
      "it does not say whose it is",
    ],
    [
      "goes when only its stack is left",
      preview(42, { namespace: undefined, release: undefined }),
      closed,
      "destroy",
      "the pull request is closed",
    ],
  ];

  test.each(cases)("%s", (_, found, reading, kind, reason) => {
    const result = planned([], [found], reading ? [[42, reading]] : []);
    expect(only(result).kind).toBe(kind);
    expect(only(result).reason).toMatch(reason);
  });

  test("of another repository is none of ours where we have no stack of that name", () => {
    expect(planned([], [preview(42, { repository: "other/app", stack: false })]).actions).toEqual([]);
  });

  test("is one failure when its pull request cannot be read", () => {
    expect(only(planned([], [preview(42)], [[42, { kind: "unreadable", reason: "500" }]])).failed).toBe(true);
  });

  test.each([
    ["stack", { namespace: undefined, release: undefined }],
    ["namespace", { stack: false }],
    ["release", { stack: false, namespace: undefined }],
    ["objects", { stack: false, namespace: undefined, release: undefined, rest: ["ServiceAccount app-preview/pr-42"] }],
  ])("is reported as an orphan of its kind: %s", (kind, changes) => {
    expect(planned([], [preview(42, changes)], [[42, closed]]).orphans).toMatchObject([{ kind, name: "pr-42" }]);
  });
});

test("a stack whose name is no preview's is reported and left alone", () => {
  const result = plan({
    repository,
    judged: [],
    observed: { previews: [], unknownStacks: ["staging"] },
    readings: new Map(),
  });
  expect(result.actions).toEqual([]);
  expect(result.orphans).toMatchObject([{ kind: "unknown", name: "staging", action: "hold" }]);
});

describe("whatever is found", () => {
  const shas = fc.constantFrom(sha("a"), sha("b"));
  const hashes = fc.constantFrom("hash", "other");
  const judged = fc
    .uniqueArray(
      fc.record({ number: fc.integer({ min: 1, max: 8 }), sha: shas, specHash: hashes, admit: fc.boolean() }),
      { selector: ({ number }) => number },
    )
    .map((items) =>
      items.map(({ number, sha: head, specHash, admit }) => {
        const one = pullRequest(number, { sha: head });
        return admit ? admitted(one, specHash) : refused(one);
      }),
    );
  const releases = fc.record({ sha: shas, specHash: hashes, ready: fc.boolean(), terminating: fc.boolean() });
  const observed: fc.Arbitrary<Observation> = fc
    .uniqueArray(
      fc.record({
        number: fc.integer({ min: 1, max: 8 }),
        stack: fc.boolean(),
        namespace: fc.option(fc.record({ terminating: fc.boolean() }), { nil: undefined }),
        release: fc.option(releases, { nil: undefined }),
        repository: fc.constantFrom(repository, undefined, "other/app"),
      }),
      { selector: ({ number }) => number },
    )
    .map((items) => ({
      previews: items
        .filter((item) => item.stack || item.namespace !== undefined || item.release !== undefined)
        .map((item) => ({
          ...item,
          app: undefined,
          rest: [],
          name: `pr-${item.number}`,
          namespace: item.namespace && { ...namespace, ...item.namespace },
          release: item.release && release(item.number, item.release),
        })),
      unknownStacks: ["staging"],
    }));
  const readings: fc.Arbitrary<ReadonlyMap<number, Reading>> = fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom("open", "closed", "gone", "unreadable")), {
      selector: ([number]) => number,
    })
    .map((items) => new Map(items.map(([number, state]) => [number, reading(number, state)])));

  function reading(number: number, state: "open" | "closed" | "gone" | "unreadable"): Reading {
    if (state === "gone" || state === "unreadable") return { kind: state, reason: state };
    return { kind: "found", pullRequest: pullRequest(number, { state }) };
  }

  test("no open pull request's preview is destroyed, and none without a reading that says closed or gone", () => {
    fc.assert(
      fc.property(judged, observed, readings, (open, found, read) => {
        const { actions } = plan({ repository, judged: open, observed: found, readings: read });
        for (const { number } of actions.filter(({ kind }) => kind === "destroy")) {
          expect(open.map(({ pullRequest: one }) => one.number)).not.toContain(number);
          const reading = read.get(number);
          expect(reading?.kind === "found" ? reading.pullRequest.state : reading?.kind).toMatch(/^(closed|gone)$/);
        }
      }),
    );
  });

  test("each open pull request and each preview of ours gets exactly one action", () => {
    fc.assert(
      fc.property(judged, observed, readings, (open, found, read) => {
        const { actions } = plan({ repository, judged: open, observed: found, readings: read });
        const expected = [
          ...open.map(({ pullRequest: one }) => one.number),
          ...unaccounted({ repository, judged: open, observed: found }),
        ];
        expect(actions.map(({ number }) => number).toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  test("nothing is created, updated or kept that is not admitted", () => {
    fc.assert(
      fc.property(judged, observed, readings, (open, found, read) => {
        const { actions } = plan({ repository, judged: open, observed: found, readings: read });
        const works = actions.filter(({ kind }) => kind !== "destroy" && kind !== "hold");
        const allowed = open
          .filter(({ verdict }) => verdict.kind === "admit")
          .map(({ pullRequest: one }) => one.number);
        for (const { number } of works) expect(allowed).toContain(number);
      }),
    );
  });

  test("once a plan is carried out, the next one does nothing", () => {
    fc.assert(
      fc.property(judged, observed, readings, (open, found, read) => {
        const first = plan({ repository, judged: open, observed: found, readings: read });
        const after = carriedOut(first, open, found);
        const { actions } = plan({ repository, judged: open, observed: after, readings: read });
        expect(actions.filter(({ kind }) => kind !== "keep" && kind !== "hold")).toEqual([]);
      }),
    );
  });

  function carriedOut({ actions }: Plan, open: readonly Judged[], found: Observation): Observation {
    const previews = new Map(found.previews.map((one) => [one.number, one]));
    for (const { kind, number } of actions) {
      if (kind === "destroy") previews.delete(number);
      const wanted = open.find(({ pullRequest: one }) => one.number === number);
      if ((kind !== "create" && kind !== "update") || !wanted) continue;
      const { specHash, pullRequest: one } = wanted;
      previews.set(number, preview(number, { release: release(number, { specHash, sha: one.head.sha }) }));
    }
    return { ...found, previews: [...previews.values()] };
  }
});
