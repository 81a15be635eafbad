import { describe, expect, test } from "vitest";
import type { Outcome, Plan } from "../../../automation/model.ts";
import { listPreviews, listTable } from "../../../automation/report/list-report.ts";
import { planJson, planTable } from "../../../automation/report/plan-report.ts";
import { syncJson, syncTable } from "../../../automation/report/sync-report.ts";
import { plainPaint, table } from "../../../automation/report/table.ts";
import { previewRoute } from "../../../components/manifests/preview.ts";
import { preview, release, repository, sha } from "./samples.ts";

const plan: Plan = {
  actions: [],
  pullRequests: [
    { number: 41, sha: sha("abc1234"), verdict: "admit", reason: 'it has the label "preview"', action: "create" },
    { number: 43, sha: sha("def5678"), verdict: "refuse", reason: 'the label "preview" is missing', action: "hold" },
  ],
  orphans: [{ kind: "unknown", name: "staging", reason: "not a preview", action: "hold" }],
};
const outcomes: readonly Outcome[] = [
  {
    number: 41,
    name: "pr-41",
    action: "create",
    ok: true,
    reason: "new",
    ms: 12_340,
    sha: sha("abc1234"),
    url: "http://h/pr-41",
  },
  { number: 42, name: "pr-42", action: "update", ok: false, reason: "push", ms: 900, error: "no image\nupdate failed" },
  {
    number: 44,
    name: "pr-44",
    action: "destroy",
    ok: true,
    reason: "the pull request is closed",
    ms: 7000,
    receipt: { removed: ["Namespace pr-44"], remains: [] },
  },
];

describe("a plan", () => {
  test("is a row per pull request and per thing found", () => {
    expect(planTable(plan, plainPaint)).toBe(
      [
        "PULL REQUEST  COMMIT   VERDICT  ACTION  REASON",
        '#41           abc1234  admit    create  it has the label "preview"',
        '#43           def5678  refuse   hold    the label "preview" is missing',
        "",
        "FOUND    KIND     ACTION  REASON",
        "staging  unknown  hold    not a preview",
      ].join("\n"),
    );
  });

  test("as JSON has no more than is asked for", () => {
    expect(Object.keys(planJson(plan))).toEqual(["pullRequests", "orphans"]);
  });

  test("of nothing says so", () => {
    expect(planTable({ actions: [], pullRequests: [], orphans: [] }, plainPaint)).toBe(
      "No open pull requests, and no previews.",
    );
  });
});

describe("a sync", () => {
  const report = { plan: { ...plan, orphans: [] }, outcomes, notes: [], dryRun: false, interrupted: false };

  test("is a row per preview, then errors and receipts", () => {
    expect(syncTable(report, plainPaint)).toBe(
      [
        "PREVIEW  ACTION   RESULT  TIME    COMMIT",
        "pr-41    create   ok      12.3 s  abc1234  http://h/pr-41",
        "pr-42    update   failed  0.9 s            push",
        "pr-44    destroy  ok      7.0 s            the pull request is closed",
        "",
        "pr-42: update failed: no image",
        "  update failed",
        "",
        "pr-44: removed Namespace pr-44",
      ].join("\n"),
    );
  });

  test("is ok as JSON only when every outcome is", () => {
    expect(syncJson(report)).toMatchObject({ ok: false, outcomes });
    expect(syncJson({ ...report, outcomes: outcomes.filter(({ ok }) => ok) })).toMatchObject({ ok: true });
    expect(syncJson({ ...report, outcomes: [], interrupted: true })).toMatchObject({ ok: false });
  });

  test("tells why the brake held it, and what could not be told elsewhere", () => {
    const held = { ...report, outcomes: [], refusal: "too many", notes: ["the comment on 41 could not be written"] };
    expect(syncTable(held, plainPaint)).toContain("too many\n\nNote: the comment on 41 could not be written");
    expect(syncJson(held)).toMatchObject({ ok: false, refusal: "too many", notes: [expect.any(String)] });
  });

  test("that was dry shows the plan", () => {
    expect(syncTable({ ...report, outcomes: [], dryRun: true }, plainPaint)).toContain("nothing was changed");
  });
});

describe("a list", () => {
  const route = { mode: "path", host: "kbot.example.com" } as const;
  const expiries = new Map([["pr-45", "2026-01-02T03:04:05.000Z"]]);
  const now = Date.parse("2026-01-01T01:00:00Z");
  const list = (...previews: Parameters<typeof preview>[]) =>
    listPreviews(
      { previews: previews.map((args) => preview(...args)), unknownStacks: [] },
      { repository, routeOf: ({ number }) => previewRoute({ number, route }), expiries, now },
    );

  test("tells where a preview answers, and since when it is there", () => {
    expect(list([41])).toEqual([
      {
        number: 41,
        name: "pr-41",
        sha: sha("41"),
        branch: "branch-41",
        url: "http://kbot.example.com/pr-41",
        host: "kbot.example.com",
        ready: true,
        message: "",
        namespace: "pr-41",
        stack: "pr-41",
        createdAt: "2026-01-01T00:00:00Z",
        ageSeconds: 3600,
        expiresAt: null,
      },
    ]);
    expect(listTable(list([41]), plainPaint)).toContain("pr-41    4100000  Ready  60m  http://kbot.example.com/pr-41");
  });

  test("tells what is missing of it, and leaves out other repositories'", () => {
    const found = list([41, { namespace: undefined }], [42, { repository: "other/app" }]);
    expect(found).toMatchObject([{ number: 41, ready: false, message: "missing: namespace", namespace: null }]);
  });

  test("tells when each expires, where one does", () => {
    const found = list([41], [45]);
    expect(found.map(({ expiresAt }) => expiresAt)).toEqual([null, "2026-01-02T03:04:05.000Z"]);
    expect(listTable(found, plainPaint)).toMatch(/EXPIRES\n.* 60m +never +http.*\n.* 60m +2026-01-02T03:04Z +http/);
    expect(listTable(list([41]), plainPaint)).not.toContain("EXPIRES");
  });

  test("tells why one is not Ready", () => {
    const found = list([41, { release: release(41, { ready: false, message: "no image" }) }]);
    expect(listTable(found, plainPaint)).toContain("not Ready  60m  no image");
  });
});

test("other people's text cannot move the cursor", () => {
  expect(table(["A"], [["x\u001b[2Jy\nz\u0007"]], plainPaint)).toBe("A\nx [2Jy z");
});
