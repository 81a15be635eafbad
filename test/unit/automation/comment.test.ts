import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { describe, expect, test } from "vitest";
import { parseCommands } from "../../../automation/commands-given.ts";
import type { ToldPolicy } from "../../../automation/feedback/asked.ts";
import type { Phase, PreviewStatus, PullRequestStatus } from "../../../automation/feedback/feedback.ts";
import type { Rule } from "../../../automation/model.ts";
import { commentMarker, hasMarker } from "../../../automation/report/comment-marker.ts";
import { commentOf, LONGEST_COMMENT } from "../../../automation/report/comment.ts";
import { earlier, head, policy, previewStatus, statusOf, url, without } from "./feedback-samples.ts";

const project = "previews";
const say = (status: PullRequestStatus, changes: Partial<ToldPolicy> = {}, told = false) =>
  commentOf(status, { project, policy: { ...policy, ...changes }, told });

describe("a comment", () => {
  test("on a preview that is ready", () => {
    const status = statusOf({
      since: "2026-01-01T00:00:30Z",
      expiresAt: "2026-01-04T12:30:00Z",
      contains: ["HelmRelease app-preview/pr-41", "Namespace pr-41"],
    });
    expect(say(status)).toBe(
      [
        "<!-- preview-environments: project=previews -->",
        "",
        "✅ **Preview: ready** — <http://kbot.example.com/pr-41>",
        "",
        "- Commit `abc1234`",
        "- Since 2026-01-01 00:00 UTC",
        "- Expires 2026-01-04 12:30 UTC",
        "",
        "<details><summary>What it consists of</summary>",
        "",
        "- `HelmRelease app-preview/pr-41`",
        "- `Namespace pr-41`",
        "",
        "</details>",
        "",
        "**What you can do**",
        "",
        "- `/preview stop` removes it while the pull request stays open.",
        "- `/preview keep` counts its time anew; the label `preview-keep` keeps it from expiring.",
        "- Closing the pull request removes it.",
        "- A command is a comment of one line, by the author of the pull request or by people with the permission `triage`.",
      ].join("\n"),
    );
  });

  test("on one that failed: what went wrong, and what runs still", () => {
    const status = statusOf({ phase: "failed", runningSha: earlier, error: "no image\nupdate failed", log: "panic" });
    expect(say(status, { commands: false })).toBe(
      [
        "<!-- preview-environments: project=previews -->",
        "",
        "❌ **Preview: failed**",
        "",
        "- Commit `abc1234`; the preview shows `def5678` still",
        "- <http://kbot.example.com/pr-41>",
        "",
        "```text",
        "no image",
        "update failed",
        "```",
        "",
        "<details><summary>The last log lines</summary>",
        "",
        "```text",
        "panic",
        "```",
        "",
        "</details>",
        "",
        "**What you can do**",
        "",
        "- Closing the pull request removes it.",
      ].join("\n"),
    );
  });

  test("on a fork's commit gives the line that approves it", () => {
    const status = statusOf({}, { fork: true, previews: [without("refused", "fork", "it comes from a fork")] });
    expect(say(status)?.split("\n").slice(2)).toEqual([
      "➖ **Preview: not made** — `it comes from a fork`",
      "",
      "- Commit `abc1234`",
      "",
      "**What you can do**",
      "",
      `- \`/preview approve ${head}\`, or an approving review of it, lets this commit of a fork have a preview. ` +
        "It takes the permission `write`, and a push withdraws it. Read the changes first: they will run in the cluster.",
    ]);
  });

  test("after the close is the receipt", () => {
    const receipt = { removed: ["Namespace pr-41"], remains: ["Namespace pr-42: kept by its finalizer"] };
    const gone = { phase: "gone", runningSha: undefined, url: undefined, receipt } as const;
    expect(
      say(statusOf(gone, { open: false }))
        ?.split("\n")
        .slice(2),
    ).toEqual([
      "⚠️ **Preview: removed in part**",
      "",
      "- Commit `abc1234`",
      "",
      "What remains; the next run tries again:",
      "",
      "- `Namespace pr-42: kept by its finalizer`",
      "",
      "<details><summary>What was removed</summary>",
      "",
      "- `Namespace pr-41`",
      "",
      "</details>",
    ]);
    const whole = { ...gone, receipt: { ...receipt, remains: [] } };
    expect(say(statusOf(whole, { open: false }))).toContain("🧹 **Preview: removed**");
  });

  test("on one that is on its way out says so", () => {
    expect(say(statusOf({ phase: "held" }, { open: false }))).toContain("🧹 **Preview: being removed**");
    const stopped = { kind: "refuse", rule: "stopped", reason: "ada stopped it", ends: true } as const;
    expect(say(statusOf({ phase: "held", verdict: stopped }))).toContain(
      "**Preview: being removed** — `ada stopped it`",
    );
  });

  test("on one that is left as it is gives the reason, if that is not why it was made", () => {
    const verdict = { kind: "wait", rule: "image", reason: "no image yet" } as const;
    expect(say(statusOf({ phase: "held", verdict }))).toContain("⏸️ **Preview: left as it is** — `no image yet`");
    expect(say(statusOf({ phase: "held", verdict: { ...verdict, kind: "admit" } }))).toContain("left as it is**\n");
  });

  test("on several apps is a row and a part for each", () => {
    const api = previewStatus({ name: "pr-41-api", app: "api", url: "http://api.example.com/" });
    const web = previewStatus({ name: "pr-41-web", app: "web", phase: "queued", runningSha: undefined });
    expect(
      say(statusOf({}, { previews: [api, web] }))
        ?.split("\n")
        .slice(2, 16),
    ).toEqual([
      "**Previews**",
      "",
      "| App | Preview | Commit | URL |",
      "| --- | --- | --- | --- |",
      "| `api` | ✅ ready | `abc1234` | <http://api.example.com/> |",
      "| `web` | ⏳ queued | `abc1234` |  |",
      "",
      "✅ **`api`: ready**",
      "",
      "- Commit `abc1234`",
      "",
      "⏳ **`web`: queued**",
      "",
      "- Commit `abc1234`",
    ]);
  });

  test("does not move with the clock: equal states are equal texts", () => {
    expect(say(statusOf({ since: "2026-01-01T00:00:00Z" }))).toBe(say(statusOf({ since: "2026-01-01T00:00:00Z" })));
  });

  const commands = (status: PullRequestStatus, changes?: Partial<ToldPolicy>) =>
    [...(say(status, changes) ?? "").matchAll(/`(\/preview[^`]*)`/g)].map(([, command]) => command);
  const expiresAt = "2026-01-04T00:00:00Z";
  const expired = { kind: "refuse", rule: "expired", reason: "it expired", ends: true } as const;
  test.each<[string, PullRequestStatus, string[], Partial<ToldPolicy>?]>([
    ["ready", statusOf(), ["/preview stop"]],
    ["ready, with an expiry", statusOf({ expiresAt }), ["/preview stop", "/preview keep"]],
    ["queued", statusOf({ phase: "queued" }), ["/preview stop"]],
    ["failed", statusOf({ phase: "failed" }), ["/preview stop"]],
    ["stopped", statusOf({}, { previews: [without("ended", "stopped")] }), ["/preview"]],
    ["expired", statusOf({}, { previews: [without("ended", "expired")] }), ["/preview keep"]],
    ["waiting for its image", statusOf({}, { previews: [without("waiting", "image")] }), []],
    ["a fork", statusOf({}, { previews: [without("refused", "fork")] }), [`/preview approve ${head}`]],
    ["a fork where none is wanted", statusOf({}, { previews: [without("refused", "fork")] }), [], { forks: "refuse" }],
    ["ready, without commands", statusOf({ expiresAt }), [], { commands: false }],
    ["closed", statusOf({ phase: "gone" }, { open: false }), []],
    ["expired, and still there", statusOf({ ...without("held", "expired"), verdict: expired }), ["/preview keep"]],
  ])("offers only commands that make sense: %s", (_name, status, expected, changes) => {
    expect(commands(status, changes)).toEqual(expected);
  });
});

describe("nothing is said", () => {
  const rule = (name: Rule, phase: Phase = "refused") => statusOf({}, { previews: [without(phase, name)] });
  const everyone = { label: "*" };
  test.each<[string, PullRequestStatus, Partial<ToldPolicy>, boolean]>([
    ["without the label", rule("label"), {}, false],
    ["closed before it had a preview", rule("closed"), {}, false],
    ["asked for, but filtered", rule("draft"), {}, true],
    ["nobody asked, and filtered", rule("draft"), everyone, false],
    ["nobody asked, and old", rule("expired", "ended"), everyone, false],
    ["asked for, and old", rule("expired", "ended"), {}, true],
    ["a fork that needs approval", rule("fork"), {}, true],
    ["a fork that needs approval, and nobody asked", rule("fork"), everyone, true],
    ["forks are not wanted, and nobody asked", rule("fork"), { ...everyone, forks: "refuse" }, false],
    ["forks are not wanted, though asked for", rule("fork"), { forks: "refuse" }, true],
    ["stopped by a command", rule("stopped"), everyone, true],
    ["held back by the cap", rule("cap", "waiting"), everyone, true],
  ])("or something: %s", (_name, status, changes, spoken) => {
    expect(say(status, changes) !== undefined).toBe(spoken);
  });

  test("of an app that the change does not touch, beside one that it does", () => {
    const previews = [previewStatus({ app: "api" }), { ...without("refused", "files"), app: "web" }];
    expect(say(statusOf({}, { previews }))).not.toContain("web");
  });

  test("unless there is a comment, which must not become wrong", () => {
    const told = say(rule("label"), {}, true);
    expect(told).toContain("**Preview: not made** — `because of the label`");
    expect(told).toContain("The label `preview` asks for a preview.");
  });
});

describe("the marker", () => {
  test("is found in the first line only, and only by its own project", () => {
    const marker = commentMarker("previews");
    const text = say(statusOf({ error: commentMarker("other") })) ?? "";
    expect(hasMarker(text, marker)).toBe(true);
    expect(hasMarker(text.replaceAll("\n", "\r\n"), marker)).toBe(true);
    expect(hasMarker(text, commentMarker("other"))).toBe(false);
    expect(hasMarker(text, commentMarker("preview"))).toBe(false);
    expect(hasMarker(`> ${text}`, marker)).toBe(false);
    expect(hasMarker(`look:\n${text}`, marker)).toBe(false);
  });

  test.each(["a --> b", "x project=y", "a\nb", "<b>"])("cannot be ended by the name of a project: %j", (name) => {
    expect(commentMarker(name)).toMatch(/^<!-- preview-environments: project=[A-Za-z0-9%_.-]+ -->$/);
    expect(commentMarker(name)).not.toBe(commentMarker(project));
  });
});

// What GitHub's Markdown, its filters, browsers, terminals or our own reader of commands might take for something.
const fragments = [
  ..."@octocat|@acme/owners|#123|GH-12|acme/app#1|https://evil.example/x|www.evil.example|me@evil.example".split("|"),
  ..."<img src=x>|</details>|</summary>|<details>|<!--|-->|<script>|</code>|<a href='//e'>|<https://e.example>".split(
    "|",
  ),
  ...["`", "``", "```", "`````", "~~~", "|", "\\", "\\|", "\\`", "*", "**", "_", "~~", "[a](//b)", "![a](//b)", "[^1]"],
  ...[
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u2028",
    "\u0085",
    "\t",
    "    ",
    " ",
    "  \n",
    "\n- ",
    "\n> ",
    "\n# ",
    "\n---\n",
    "\n===\n",
  ],
  ...[
    "\n| a | b |\n| - | - |\n",
    "\n[x]: //e\n",
    "\n/preview stop\n",
    "/preview approve",
    "\n```\n/preview\n",
    "\n~~~\n",
  ],
  ...[
    "&#64;octocat",
    "&commat;x",
    "&lt;b&gt;",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\ud800",
    "\udc00",
    "\u0000",
    "\u001b[31m",
  ],
  ...[":tada:", "$x$", "- [x] ", commentMarker(project), `\n${commentMarker("other")}\n`, "word", "é", "🧹"],
];
const hostile = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fragments) }, fc.string({ unit: "binary", maxLength: 6 })),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(""));
const noTime = hostile.filter((text) => Number.isNaN(Date.parse(text)));
const noAddress = hostile.filter((text) => !URL.canParse(text.trim()));
const phases: readonly Phase[] = [
  "refused",
  "waiting",
  "held",
  "queued",
  "deploying",
  "ready",
  "failed",
  "ended",
  "gone",
];
const rules: readonly Rule[] = ["stopped", "expired", "fork", "paused", "image", "draft", "label"];

const hostilePreview: fc.Arbitrary<PreviewStatus> = fc.record({
  name: hostile,
  app: fc.option(hostile, { nil: undefined }),
  phase: fc.constantFrom(...phases),
  sha: hostile,
  runningSha: fc.option(hostile, { nil: undefined }),
  url: fc.option(
    fc.oneof(
      noAddress,
      hostile.map((text) => `https://kbot.example.com/${text}`),
    ),
    { nil: undefined },
  ),
  verdict: fc.option(
    fc.record({
      kind: fc.constantFrom("admit" as const, "wait" as const),
      rule: fc.constantFrom(...rules),
      reason: hostile,
    }),
    { nil: undefined },
  ),
  contains: fc.array(hostile, { maxLength: 3 }),
  since: fc.option(noTime, { nil: undefined }),
  expiresAt: fc.option(noTime, { nil: undefined }),
  error: fc.option(hostile, { nil: undefined }),
  log: fc.option(hostile, { nil: undefined }),
  receipt: fc.option(
    fc.record({ removed: fc.array(hostile, { maxLength: 2 }), remains: fc.array(hostile, { maxLength: 2 }) }),
    { nil: undefined },
  ),
});
const hostileStatus: fc.Arbitrary<PullRequestStatus> = fc.record({
  number: fc.constant(41),
  repository: hostile,
  title: hostile,
  author: hostile,
  branch: hostile,
  sha: hostile,
  fork: fc.boolean(),
  open: fc.boolean(),
  previews: fc.array(hostilePreview, { minLength: 1, maxLength: 3 }),
});
const hostilePolicy = fc
  .record({ label: hostile.filter((text) => text !== "*"), pause: hostile, keep: hostile })
  .map(({ label, pause, keep }): ToldPolicy => ({ ...policy, label, labels: { ...policy.labels, pause, keep } }));

/** The same with a word for each text of others. */
function tame(status: PullRequestStatus): PullRequestStatus {
  const word = (text: string | undefined) => (text === undefined ? undefined : "x");
  const words = (texts: readonly string[]) => texts.map(() => "x");
  return {
    ...status,
    sha: "x",
    previews: status.previews.map((one) => ({
      ...one,
      name: "x",
      app: word(one.app),
      sha: "x",
      runningSha: one.runningSha === undefined ? undefined : one.runningSha === one.sha ? "x" : "y",
      url: word(one.url),
      verdict: one.verdict && { ...one.verdict, reason: "x" },
      contains: words(one.contains),
      since: word(one.since),
      expiresAt: word(one.expiresAt),
      error: word(one.error),
      log: word(one.log),
      receipt: one.receipt && { removed: words(one.receipt.removed), remains: words(one.receipt.remains) },
    })),
  };
}

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly Node[];
}

function parse(markdown: string): Node {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** What a reader of Markdown sees, but for what stands in code or in an address. */
function skeleton({ type, value, children }: Node): unknown {
  if (type === "inlineCode" || type === "link") return "words";
  if (type === "code") return "lines";
  return children === undefined ? [type, value] : [type, ...children.map(skeleton)];
}

describe("whatever others write", () => {
  test("stands in code: it adds no element, ends none, mentions nobody", () => {
    fc.assert(
      fc.property(hostileStatus, hostilePolicy, (status, hostileWords) => {
        const tamePolicy = { ...hostileWords, label: "x", labels: { ...policy.labels, pause: "x", keep: "x" } };
        const text = commentOf(status, { project, policy: hostileWords, told: true }) ?? "";
        const tamed = commentOf(tame(status), { project, policy: tamePolicy, told: true }) ?? "";
        expect(skeleton(parse(text))).toEqual(skeleton(parse(tamed)));
      }),
      { numRuns: 200 },
    );
  });

  test("is no command, holds no invisible character, and no mention even where code is lost", () => {
    fc.assert(
      fc.property(hostileStatus, hostilePolicy, (status, hostileWords) => {
        const text = commentOf(status, { project, policy: hostileWords, told: true }) ?? "";
        expect(parseCommands(text)).toEqual([]);
        expect(text.replaceAll("@\u200B", "@")).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(text.replace(/<https?:[^>]*>/g, "")).not.toMatch(/(?<![\p{L}\p{N}_])@[A-Za-z0-9]/u);
        expect(hasMarker(text, commentMarker(project))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  const dense = ["`", "@a", "🧹", "|", "</details>\n"].map((part) => part.repeat(50_000));
  const repeated = fc
    .tuple(hostile, fc.nat({ max: 20_000 }))
    .map(([text, times]) => `${text}x`.repeat(times).slice(0, 1e5));
  const long = fc.oneof(repeated, fc.constantFrom(...dense));
  test("however much it is, the comment keeps GitHub's limits and its shape", () => {
    const many = fc.record({
      text: long,
      previews: fc.constantFrom(1, 2, 12, 300),
      items: fc.constantFrom(1, 2000),
    });
    fc.assert(
      fc.property(many, fc.constantFrom(...phases), ({ text, previews, items }, phase) => {
        const list = Array.from({ length: items }, () => text.slice(0, 2000));
        const one: PreviewStatus = {
          ...{
            name: text,
            app: text,
            phase,
            sha: text,
            runningSha: `y${text}`,
            url: text,
            since: text,
            expiresAt: text,
          },
          ...{ contains: list, error: text, log: text, receipt: { removed: list, remains: list } },
          verdict: { kind: "wait", rule: "fork", reason: text },
        };
        const status = statusOf({}, { sha: text, previews: Array.from({ length: previews }, () => one) });
        const told = { ...policy, label: text, labels: { ...policy.labels, keep: text, pause: text } };
        const comment = commentOf(status, { project, policy: told, told: true }) ?? "";
        expect(comment.length).toBeLessThanOrEqual(LONGEST_COMMENT);
        expect(Buffer.byteLength(comment)).toBeLessThan(262_144);
        expect(hasMarker(comment, commentMarker(project))).toBe(true);
        const { children = [] } = parse(comment);
        const html = children.filter(({ type }) => type === "html").map(({ value }) => value);
        expect(html.filter((value) => value === "</details>").length * 2 + 1).toBe(html.length);
        expect(children.at(-1)?.type).toBe("list");
      }),
      { numRuns: 10 },
    );
  });

  test("is cut where it hurts least: logs first, from their beginning, then errors, from their end", () => {
    const lines = Array.from({ length: 2000 }, (_, line) => `line ${line} of the log`).join("\n");
    const text =
      say(statusOf({ phase: "failed", error: `first cause\n${"so what\n".repeat(2000)}`, log: lines })) ?? "";
    expect(text).toContain("first cause");
    expect(text).toContain("line 1999 of the log");
    expect(text).not.toContain("line 0 of the log");
    const previews = Array.from({ length: 14 }, (_, app) =>
      previewStatus({ app: `app-${app}`, phase: "failed", error: `cause ${app} ${"e".repeat(5000)}`, log: lines }),
    );
    const many = say(statusOf({}, { previews })) ?? "";
    expect(many).toContain("cause 13");
    expect(many).not.toContain("of the log");
  });
});

test("an address that is none for a browser is no link, and passwords are not shown", () => {
  expect(say(statusOf({ url: "javascript:alert(1)" }))).toContain("— `javascript:alert(1)`");
  expect(say(statusOf({ url: "https://user:secret@kbot.example.com/a b|c>d" }))).toContain(
    "— <https://kbot.example.com/a%20b%7Cc%3Ed>",
  );
  expect(say(statusOf({ url }))).toContain(`— <${url}>`);
});
