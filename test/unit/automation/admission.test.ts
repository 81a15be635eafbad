import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admit, imageReference, type Decision, type Situation } from "../../../automation/admission.ts";
import type { Command, Facts, Policy, PullRequest } from "../../../automation/model.ts";
import { command, policy, pullRequest, sha } from "./samples.ts";

const head = sha("41");
const now = Date.parse("2026-01-10T00:00:00Z");
const hoursAgo = (hours: number) => new Date(now - hours * 3_600_000).toISOString();

interface Given {
  readonly pullRequest?: Partial<PullRequest>;
  readonly policy?: Partial<Policy>;
  readonly facts?: Facts;
  readonly running?: boolean;
  readonly runningSha?: string;
}

function decide(given: Given): Decision {
  const situation: Situation = {
    policy: policy(given.policy),
    facts: { commands: [], ...given.facts },
    running: given.running ?? given.runningSha !== undefined,
    runningSha: given.runningSha,
    now,
  };
  return admit(pullRequest(41, given.pullRequest), situation);
}

const fork: Partial<PullRequest> = {
  author: "mallory",
  head: { sha: head, branch: "evil", repository: "mallory/app", cloneUrl: "https://example.com/mallory/app.git" },
};
const day = { ttlSeconds: 86_400 };
const image = { image: "ghcr.io/acme/app" };

type Row = readonly [name: string, given: Given, kind: string, rule: string, reason?: string | RegExp];

/** What is given; verdict and rule; the reason. */
const rules: readonly Row[] = [
  ["the label admits", {}, "admit", "admitted", 'it has the label "preview"'],
  ["among others too", { pullRequest: { labels: ["bug", "preview"] } }, "admit", "admitted"],
  ["in any case of letters", { pullRequest: { labels: ["Preview"] } }, "admit", "admitted"],
  ["without the label", { pullRequest: { labels: [] } }, "refuse", "label", 'the label "preview" is missing'],
  ["with another label", { pullRequest: { labels: ["previews"] } }, "refuse", "label"],
  ["without any label where all may", { pullRequest: { labels: [] }, policy: { label: "*" } }, "admit", "admitted"],
  ["closed, with the label", { pullRequest: { state: "closed" } }, "refuse", "closed", "the pull request is closed"],
  [
    "a maintainer's /preview stands for the label",
    { pullRequest: { labels: [] }, facts: { commands: [command("start", "maintainer", "triage")] } },
    "admit",
    "admitted",
    "@maintainer asked for it",
  ],
  [
    "an author's /preview does not",
    { pullRequest: { labels: [] }, facts: { commands: [command("start", "ada", "read")] } },
    "refuse",
    "label",
  ],
  [
    "a label that is wanted besides",
    { policy: { labels: { ...policy().labels, all: ["tested"] } } },
    "refuse",
    "labels",
    'it lacks the label "tested"',
  ],
  [
    "one of several labels",
    { policy: { labels: { ...policy().labels, any: ["web", "api"] } } },
    "refuse",
    "labels",
    'it has none of the labels "web", "api"',
  ],
  [
    "one of several labels is there",
    { pullRequest: { labels: ["preview", "API"] }, policy: { labels: { ...policy().labels, any: ["web", "api"] } } },
    "admit",
    "admitted",
  ],
  [
    "a label that keeps previews away",
    {
      pullRequest: { labels: ["preview", "no-preview"] },
      policy: { labels: { ...policy().labels, none: ["no-preview"] } },
    },
    "refuse",
    "labels",
    /"no-preview", which keeps previews away/,
  ],
  ["an author who may not", { policy: { authors: { include: [], exclude: ["Ada"] } } }, "refuse", "author"],
  ["an author not among those who may", { policy: { authors: { include: ["bob"], exclude: [] } } }, "refuse", "author"],
  [
    "a bot by its name, brackets and all",
    {
      pullRequest: { author: "dependabot[bot]" },
      policy: { authors: { include: [], exclude: ["dependabot[bot]"] } },
    },
    "refuse",
    "author",
    "pull requests of dependabot[bot] get no preview",
  ],
  [
    "an association that may not",
    { pullRequest: { authorAssociation: "NONE" }, policy: { associations: ["MEMBER", "OWNER"] } },
    "refuse",
    "author",
    "its author is NONE to the repository; allowed: MEMBER, OWNER",
  ],
  [
    "a base branch that is not included",
    { policy: { branches: { ...policy().branches, base: { include: ["release/**"], exclude: [] } } } },
    "refuse",
    "base branch",
    'pull requests against the branch "main" get no preview',
  ],
  [
    "a base branch that is",
    {
      pullRequest: { base: { branch: "release/2/x" } },
      policy: { branches: { ...policy().branches, base: { include: ["release/**"], exclude: [] } } },
    },
    "admit",
    "admitted",
  ],
  [
    "a head branch that is excluded",
    { policy: { branches: { ...policy().branches, head: { include: [], exclude: ["branch-*"] } } } },
    "refuse",
    "head branch",
  ],
  ["a title that does not match", { policy: { title: "^feat" } }, "refuse", "title", "its title does not match ^feat"],
  ["a title that does", { pullRequest: { title: "feat: x" }, policy: { title: "^feat" } }, "admit", "admitted"],
  ["a draft", { pullRequest: { draft: true } }, "admit", "admitted"],
  ["a draft where none may", { pullRequest: { draft: true }, policy: { drafts: false } }, "refuse", "draft"],
  [
    "a fork",
    { pullRequest: fork, facts: { approvals: [] } },
    "refuse",
    "fork",
    `it comes from the fork mallory/app; a maintainer approves this commit with "/preview approve ${head}"`,
  ],
  ["a fork where all may", { pullRequest: fork, policy: { forks: "allow" } }, "admit", "admitted"],
  [
    "a fork where none may, approved or not",
    {
      pullRequest: fork,
      policy: { forks: "refuse" },
      facts: { commands: [command("approve", "boss", "admin", head)] },
    },
    "refuse",
    "fork",
    "it comes from the fork mallory/app; forks get no preview",
  ],
  [
    "a fork that is gone",
    { pullRequest: { head: { ...pullRequest(41).head, repository: undefined } }, facts: { approvals: [] } },
    "refuse",
    "fork",
    /a fork that is gone/,
  ],
  [
    "the repository's own name in other letters is no fork",
    { pullRequest: { head: { ...pullRequest(41).head, repository: "Acme/App" } } },
    "admit",
    "admitted",
  ],
  [
    "paused",
    { pullRequest: { labels: ["preview", "preview-paused"] } },
    "wait",
    "paused",
    'the label "preview-paused" pauses it',
  ],
  [
    "stopped by its author",
    { facts: { commands: [command("stop", "ada", "read")] } },
    "refuse",
    "stopped",
    "@ada stopped it; /preview starts it again",
  ],
  ["stopped by a stranger", { facts: { commands: [command("stop", "eve", "read")] } }, "admit", "admitted"],
  [
    "stopped and started again by its author",
    { facts: { commands: [command("stop", "boss", "admin"), command("start", "ada", "read")] } },
    "admit",
    "admitted",
  ],
  [
    "no file that counts",
    { policy: { files: { include: ["api/**"], exclude: [] } }, facts: { changedFiles: ["web/a.ts"] } },
    "refuse",
    "files",
    "it changes nothing under api/**",
  ],
  [
    "only files that do not count",
    { policy: { files: { include: [], exclude: ["**/*.md"] } }, facts: { changedFiles: ["README.md", "docs/a.md"] } },
    "refuse",
    "files",
  ],
  [
    "one file that counts",
    {
      policy: { files: { include: ["api/**"], exclude: ["**/*.md"] } },
      facts: { changedFiles: ["api/a.md", "api/b"] },
    },
    "admit",
    "admitted",
  ],
  [
    "hidden files count as others do",
    { policy: { files: { include: ["api/**"], exclude: [] } }, facts: { changedFiles: ["api/.env"] } },
    "admit",
    "admitted",
  ],
  [
    "more files than GitHub lists",
    { policy: { files: { include: ["api/**"], exclude: [] } }, facts: { changedFiles: null } },
    "admit",
    "admitted",
  ],
  [
    "an image that is not there yet",
    { policy: image, facts: { image: { kind: "absent" } } },
    "wait",
    "image",
    `the image ghcr.io/acme/app:${head} is not there yet`,
  ],
  [
    "an image whose registry is silent",
    { policy: image, facts: { image: { kind: "unreadable", reason: "503" } } },
    "wait",
    "image",
    /could not be told: 503/,
  ],
  ["an image that is there", { policy: image, facts: { image: { kind: "present" } } }, "admit", "admitted"],
  ["an image that runs already", { policy: image, runningSha: head }, "admit", "admitted"],
  [
    "younger than its time to live",
    { policy: day, facts: { lastPush: hoursAgo(23) }, running: true },
    "admit",
    "admitted",
  ],
  [
    "older than its time to live",
    { policy: day, facts: { lastPush: hoursAgo(25) }, running: true },
    "refuse",
    "expired",
    /^it expired at 2026-01-09T23:00:00Z; a push, \/preview keep or the label "preview-keep" brings it back$/,
  ],
  ["older, and not running", { policy: day, facts: { lastPush: hoursAgo(25) } }, "refuse", "expired"],
  [
    "kept by a command",
    {
      policy: day,
      facts: { lastPush: hoursAgo(25), commands: [command("keep", "ada", "read", undefined, hoursAgo(2))] },
      running: true,
    },
    "admit",
    "admitted",
  ],
  [
    "not kept by a stranger's command",
    {
      policy: day,
      facts: { lastPush: hoursAgo(25), commands: [command("keep", "eve", "read", undefined, hoursAgo(2))] },
      running: true,
    },
    "refuse",
    "expired",
  ],
  [
    "kept by a label",
    { pullRequest: { labels: ["preview", "preview-keep"] }, policy: day, running: true },
    "admit",
    "admitted",
  ],
];

describe("a rule", () => {
  test.each(rules.map(([name, ...row]) => ({ name, row })))("$name", ({ row: [given, kind, rule, reason = /./] }) => {
    const decision = decide(given);
    expect(decision).toMatchObject({ kind, rule });
    expect("reason" in decision ? decision.reason : "").toMatch(reason);
  });
});

const approved = (by: "write" | "read", of: string | undefined, at = hoursAgo(1)) =>
  command("approve", "boss", by, of, at);

/** A fork with these facts; approved or why not. */
const approvals: readonly (readonly [string, Facts, true | RegExp])[] = [
  ["the whole sha", { commands: [approved("write", head)] }, true],
  ["the whole sha, long ago", { commands: [approved("write", head, hoursAgo(999))] }, true],
  ["another sha", { commands: [approved("write", sha("99"))], approvals: [] }, /@boss approved another commit/],
  ["without the right to", { commands: [approved("read", head)], approvals: [] }, /@boss may not approve it/],
  ["no sha, after the push", { commands: [approved("write", undefined)], headSince: hoursAgo(2) }, true],
  [
    "no sha, before the push",
    { commands: [approved("write", undefined)], headSince: hoursAgo(0), approvals: [] },
    /it was pushed to after @boss's approval/,
  ],
  [
    "no sha, in the second of the push",
    { commands: [approved("write", undefined)], headSince: hoursAgo(1), approvals: [] },
    /pushed to after/,
  ],
  [
    "no sha, where the push is not on record",
    { commands: [approved("write", undefined)], headSince: null, approvals: [] },
    /does not name the whole commit, and when it was pushed cannot be told/,
  ],
  [
    "a part of the sha, after the push",
    { commands: [approved("write", head.slice(0, 7))], headSince: hoursAgo(2) },
    true,
  ],
  [
    // Seven digits can be forged in seconds.
    "a part of the sha, before the push",
    { commands: [approved("write", head.slice(0, 7))], headSince: hoursAgo(0), approvals: [] },
    /pushed to after/,
  ],
  ["a review of this commit", { approvals: [approved("write", head)] }, true],
  ["a review of another commit", { approvals: [approved("write", sha("99"))] }, /approved another commit/],
  ["a review without the right to", { approvals: [approved("read", head)] }, /a maintainer approves/],
];

describe("a fork's commit is approved by", () => {
  test.each(approvals)("%s", (_, facts, expected) => {
    const decision = decide({ pullRequest: fork, facts });
    if (expected === true) expect(decision).toMatchObject({ kind: "admit" });
    else
      expect(decision).toMatchObject({
        kind: "refuse",
        rule: "fork",
        reason: expect.stringMatching(expected) as string,
      });
  });
});

/** Two rules that meet: which of them speaks. */
const pairs: readonly Row[] = [
  [
    "closed before stopped",
    { pullRequest: { state: "closed" }, facts: { commands: [command("stop", "ada", "read")] } },
    "refuse",
    "closed",
  ],
  [
    "stopped before the missing label",
    { pullRequest: { labels: [] }, facts: { commands: [command("stop", "ada", "read")] } },
    "refuse",
    "stopped",
  ],
  [
    "stopped before paused",
    { pullRequest: { labels: ["preview", "preview-paused"] }, facts: { commands: [command("stop", "ada", "read")] } },
    "refuse",
    "stopped",
  ],
  [
    "stopped before expired",
    { policy: day, facts: { lastPush: hoursAgo(99), commands: [command("stop", "ada", "read")] }, running: true },
    "refuse",
    "stopped",
  ],
  [
    "stopped before the fork",
    { pullRequest: fork, facts: { commands: [command("stop", "mallory", "read")] } },
    "refuse",
    "stopped",
  ],
  [
    "expired before the missing label, where one runs",
    { pullRequest: { labels: [] }, policy: day, facts: { lastPush: hoursAgo(99) }, running: true },
    "refuse",
    "expired",
  ],
  [
    "the missing label before expired, where none runs",
    { pullRequest: { labels: [] }, policy: day, facts: { lastPush: hoursAgo(99) } },
    "refuse",
    "label",
  ],
  [
    "expired before the fork, where one runs",
    { pullRequest: fork, policy: day, facts: { lastPush: hoursAgo(99) }, running: true },
    "refuse",
    "expired",
  ],
  [
    "the fork before expired, where none runs",
    { pullRequest: fork, policy: day, facts: { lastPush: hoursAgo(99), approvals: [] } },
    "refuse",
    "fork",
  ],
  [
    "paused never expires",
    {
      pullRequest: { labels: ["preview", "preview-paused"] },
      policy: day,
      facts: { lastPush: hoursAgo(99) },
      running: true,
    },
    "wait",
    "paused",
  ],
  [
    "kept never expires, and pauses",
    { pullRequest: { labels: ["preview", "preview-keep", "preview-paused"] }, policy: day, running: true },
    "wait",
    "paused",
  ],
  ["the missing label before paused", { pullRequest: { labels: ["preview-paused"] } }, "refuse", "label"],
  [
    "the fork before paused",
    { pullRequest: { ...fork, labels: ["preview", "preview-paused"] }, facts: { approvals: [] } },
    "refuse",
    "fork",
  ],
  [
    "the fork before its files",
    { pullRequest: fork, policy: { files: { include: ["api/**"], exclude: [] } }, facts: { approvals: [] } },
    "refuse",
    "fork",
  ],
  [
    "the fork before its image",
    { pullRequest: fork, policy: image, facts: { approvals: [], image: { kind: "absent" } } },
    "refuse",
    "fork",
  ],
  [
    "files before the image",
    {
      policy: { ...image, files: { include: ["api/**"], exclude: [] } },
      facts: { changedFiles: ["web/a"], image: { kind: "absent" } },
    },
    "refuse",
    "files",
  ],
  [
    "expired before the image",
    { policy: { ...image, ...day }, facts: { lastPush: hoursAgo(99), image: { kind: "absent" } } },
    "refuse",
    "expired",
  ],
  [
    "the draft before the fork",
    { pullRequest: { ...fork, draft: true }, policy: { drafts: false } },
    "refuse",
    "draft",
  ],
  [
    "the author before the base branch",
    {
      policy: {
        authors: { include: ["bob"], exclude: [] },
        branches: { ...policy().branches, base: { include: ["x"], exclude: [] } },
      },
    },
    "refuse",
    "author",
  ],
  [
    "/preview does not lift an excluding label",
    {
      pullRequest: { labels: ["no"] },
      policy: { labels: { ...policy().labels, none: ["no"] } },
      facts: { commands: [command("start", "boss", "admin")] },
    },
    "refuse",
    "labels",
  ],
  [
    "/preview does not approve a fork",
    { pullRequest: { ...fork, labels: [] }, facts: { commands: [command("start", "boss", "admin")], approvals: [] } },
    "refuse",
    "fork",
  ],
  [
    "/preview approve does not ask for a preview",
    { pullRequest: { ...fork, labels: [] }, facts: { commands: [command("approve", "boss", "admin", head)] } },
    "refuse",
    "label",
  ],
  [
    "/preview starts an expired one again",
    {
      policy: day,
      facts: { lastPush: hoursAgo(99), commands: [command("start", "ada", "read", undefined, hoursAgo(1))] },
    },
    "admit",
    "admitted",
  ],
  [
    "keep does not lift a stop",
    { facts: { commands: [command("stop", "ada", "read"), command("keep", "ada", "read")] } },
    "refuse",
    "stopped",
  ],
  [
    "an update waits for its image, too",
    { policy: image, facts: { image: { kind: "absent" } }, runningSha: sha("99") },
    "wait",
    "image",
  ],
];

describe("of two rules that meet", () => {
  test.each(pairs.map(([name, ...row]) => ({ name, row })))("$name", ({ row: [given, kind, rule] }) => {
    expect(decide(given)).toMatchObject({ kind, rule });
  });
});

test("only a stop and an expiry end a running preview", () => {
  const ends = [...rules, ...pairs].filter(([, given]) => "ends" in decide(given)).map(([, , , rule]) => rule);
  expect(new Set(ends)).toEqual(new Set(["stopped", "expired"]));
});

test("an admitted one says when it expires", () => {
  const facts = { lastPush: hoursAgo(20) };
  expect(decide({ policy: day, facts })).toMatchObject({ kind: "admit", expiresAt: "2026-01-10T04:00:00.000Z" });
});

describe("a fact is asked for only when it decides", () => {
  test.each<[string, Given, string | undefined]>([
    ["commands first", { facts: { commands: undefined } as unknown as Facts }, "commands"],
    [
      "no commands where they are off",
      { policy: { commands: false }, facts: { commands: undefined } as unknown as Facts },
      undefined,
    ],
    ["the last push with a time to live", { policy: day }, "lastPush"],
    ["no last push without", {}, undefined],
    ["no last push while it is kept", { pullRequest: { labels: ["preview", "preview-keep"] }, policy: day }, undefined],
    ["reviews of a fork", { pullRequest: fork }, "approvals"],
    [
      "no reviews where a comment approves",
      { pullRequest: fork, facts: { commands: [approved("write", head)] } },
      undefined,
    ],
    [
      "the push of a fork that was approved without a sha",
      { pullRequest: fork, facts: { commands: [approved("write", undefined)] } },
      "headSince",
    ],
    ["no reviews of the repository's own branches", {}, undefined],
    ["changed files where patterns are given", { policy: { files: { include: ["a"], exclude: [] } } }, "changedFiles"],
    [
      "no changed files of what is refused anyway",
      { pullRequest: { labels: [] }, policy: { files: { include: ["a"], exclude: [] } } },
      undefined,
    ],
    ["the image where one is named", { policy: image }, "image"],
    [
      "no image of what is paused",
      { pullRequest: { labels: ["preview", "preview-paused"] }, policy: image },
      undefined,
    ],
  ])("%s", (_, given, fact) => {
    const decision = decide(given);
    expect(decision.kind === "needs" ? decision.fact : undefined).toBe(fact);
  });
});

test("whatever the facts, an unapproved commit of a fork is never admitted", () => {
  const shas = fc.constantFrom(head, head.slice(0, 7), sha("99"), undefined);
  const commands = fc.array(
    fc.record({
      kind: fc.constantFrom("approve", "start", "keep"),
      author: fc.constantFrom("boss", "eve"),
      sha: shas,
      at: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 6 },
  );
  const pushed = fc.option(fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(commands, pushed, fc.boolean(), (given, push, reviewed) => {
      const oldestFirst = given.toSorted((a, b) => b.at - a.at);
      const made = oldestFirst.map(({ kind, author, sha: of, at }): Command =>
        command(kind as Command["kind"], author, author === "boss" ? "write" : "read", of, hoursAgo(at)),
      );
      const facts: Facts = {
        commands: made,
        headSince: push === null ? null : hoursAgo(push),
        approvals: reviewed ? [approved("write", head)] : [],
      };
      const byBoss = made.filter(({ kind, author }) => kind === "approve" && author === "boss");
      const entitled =
        reviewed ||
        byBoss.some((one) => one.sha === head) ||
        byBoss.some((one) => push !== null && one.sha !== sha("99") && Date.parse(one.at) > now - push * 3_600_000);
      expect(decide({ pullRequest: fork, facts }).kind === "admit").toBe(entitled);
    }),
  );
});

test.each([
  ["ghcr.io/acme/app", `ghcr.io/acme/app:${head}`],
  ["registry:5000/app", `registry:5000/app:${head}`],
  ["ghcr.io/acme/app:pr-{sha}-x", `ghcr.io/acme/app:pr-${head}-x`],
])("the image of a commit: %s", (setting, reference) => {
  expect(imageReference(setting, head)).toBe(reference);
});
