import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { describe, expect, test } from "vitest";
import type { Outcome, Plan } from "../../../automation/model.ts";
import { jobSummary, LONGEST_SUMMARY } from "../../../automation/report/job-summary.ts";
import type { SyncReport } from "../../../automation/report/sync-report.ts";
import { sha } from "./samples.ts";

const plan: Plan = {
  actions: [],
  pullRequests: [
    { number: 41, sha: sha("abc1234"), verdict: "admit", reason: "it has the label", action: "create" },
    { number: 42, app: "web", sha: sha("def5678"), verdict: "admit", reason: "it has the label", action: "update" },
    { number: 43, sha: sha("0000043"), verdict: "refuse", reason: 'the label "preview" is missing', action: "hold" },
  ],
  orphans: [{ kind: "stack", name: "pr-44", reason: "the pull request is closed", action: "destroy" }],
};
const done = { ok: true, reason: "new", ms: 12_340 };
const outcomes: readonly Outcome[] = [
  { ...done, number: 41, name: "pr-41", action: "create", sha: sha("abc1234"), url: "http://h/pr-41", answered: true },
  { ...done, number: 42, app: "web", name: "pr-42-web", action: "update", ok: false, error: "no image", log: "panic" },
  {
    ...done,
    number: 44,
    name: "pr-44",
    action: "destroy",
    ms: 3,
    receipt: { removed: ["Namespace pr-44"], remains: [] },
  },
];
const report: SyncReport = { plan, outcomes, notes: [], dryRun: false, interrupted: false };

describe("the summary of a job", () => {
  test("is a row per preview, then what went wrong, then what was found", () => {
    expect(jobSummary(report)).toBe(
      [
        "## Previews",
        "",
        "3 previews looked at, 1 create, 1 update, 1 destroy, **1 failed**.",
        "",
        "| Preview | Commit | Verdict | Action | Result | Time | URL or reason |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| `pr-41` | `abc1234` | admit | create | ✅ ok | 12.3 s | <http://h/pr-41> |",
        "| `pr-42-web` | `def5678` | admit | update | ❌ failed | 12.3 s | `new` |",
        '| `pr-43` | `0000043` | refuse | hold |  |  | `the label "preview" is missing` |',
        "| `pr-44` |  |  | destroy | ✅ ok |  | `new` |",
        "",
        "<details><summary><code>pr-42-web</code>: update failed</summary>",
        "",
        "```text",
        "no image",
        "```",
        "",
        "The last log lines:",
        "",
        "```text",
        "panic",
        "```",
        "",
        "</details>",
        "",
        "<details><summary><code>pr-44</code>: destroy</summary>",
        "",
        "What was removed:",
        "",
        "- `Namespace pr-44`",
        "",
        "</details>",
        "",
        "### Found without an open pull request",
        "",
        "| Name | Kind | Action | Why |",
        "| --- | --- | --- | --- |",
        "| `pr-44` | stack | destroy | `the pull request is closed` |",
      ].join("\n"),
    );
  });

  test("of nothing, of a dry run, of an interrupted one, and of a URL that did not answer says so", () => {
    const nothing = { plan: { actions: [], pullRequests: [], orphans: [] }, outcomes: [] };
    expect(jobSummary({ ...report, ...nothing })).toBe("## Previews\n\n0 previews looked at, none failed.");
    expect(jobSummary({ ...report, outcomes: [], dryRun: true })).toContain("Dry run: nothing was changed.");
    expect(jobSummary({ ...report, interrupted: true })).toContain("**Interrupted.**");
    expect(jobSummary({ ...report, refusal: "12 destroys are too many" })).toContain(
      "```text\n12 destroys are too many",
    );
    expect(jobSummary({ ...report, notes: ["the token may not"] })).toContain("- `the token may not`");
    const mute = outcomes.slice(0, 1).map((outcome) => ({ ...outcome, answered: false }));
    expect(jobSummary({ ...report, outcomes: mute })).toContain("| ✅ ok, URL without answer |");
  });

  test("keeps GitHub's limit, whatever there is to tell", () => {
    const text = "🧹 cause ".repeat(2000);
    const failure = {
      ok: false,
      reason: text,
      ms: 1,
      error: text,
      log: text,
      receipt: { removed: [text], remains: [text] },
    };
    const many = Array.from({ length: 1500 }, (_, number): Outcome => ({
      ...failure,
      number,
      name: text,
      action: "create",
    }));
    const planned = many.map(
      ({ number }) => ({ number, sha: text, reason: text, verdict: "admit", action: "create" }) as const,
    );
    const summary = jobSummary({ ...report, plan: { ...plan, pullRequests: planned }, outcomes: many });
    expect(Buffer.byteLength(summary)).toBeLessThan(LONGEST_SUMMARY);
    expect(summary).toMatch(/And \d+ more\./);
  });
});

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly Node[];
}

function skeleton({ type, value, children }: Node): unknown {
  if (type === "inlineCode" || type === "code" || type === "link") return "words";
  return children === undefined ? [type, value] : [type, ...children.map(skeleton)];
}

const shape = (report: SyncReport) =>
  skeleton(fromMarkdown(jobSummary(report), { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));

test("whatever others write stands in code, in cells of tables too", () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        "@octocat",
        "#1",
        "|",
        "\\|",
        "\\",
        "`",
        "```",
        "\n",
        "\n\n",
        "</details>",
        "<b>",
        "[a](//b)",
        "x",
      ),
    )
    .map((parts) => parts.join(""));
  const told = (text: string): SyncReport => ({
    plan: {
      actions: [],
      pullRequests: [{ number: 41, sha: text, verdict: "admit", reason: text, action: "create" }],
      orphans: [{ kind: "stack", name: text, reason: text, action: "hold" }],
    },
    outcomes: [
      { number: 41, name: text, action: "create", ok: false, reason: text, ms: 0, sha: text, error: text, log: text },
      {
        number: 42,
        name: "pr-42",
        action: "destroy",
        ok: true,
        reason: text,
        ms: 0,
        receipt: { removed: [text], remains: [text] },
      },
      { number: 43, name: "pr-43", action: "keep", ok: true, reason: text, ms: 0, url: text },
    ],
    refusal: text,
    notes: [text],
    dryRun: false,
    interrupted: false,
  });
  fc.assert(
    fc.property(hostile, (text) => {
      // A name that is none is left out of a summary.
      expect(shape(told(text))).toEqual(shape(told(/^x+$/.test(text) ? text : "X!")));
    }),
    { numRuns: 200 },
  );
});
