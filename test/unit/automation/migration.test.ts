import { describe, expect, test } from "vitest";
import { planMigration, type MigrationInput } from "../../../automation/migration.ts";
import type { Reading } from "../../../automation/model.ts";
import { namespace, pullRequest, release, repository, sha } from "./samples.ts";

const found = (number: number, state: "open" | "closed" = "open"): [number, Reading] => [
  number,
  { kind: "found", pullRequest: pullRequest(number, { state, sha: sha("fed") }) },
];

const preview = (number: number, otherEngine?: string) => ({
  number,
  app: undefined,
  name: `pr-${number}`,
  repository,
  namespace,
  release: release(number),
  ...(otherEngine === undefined ? {} : { otherEngine }),
});

function decide(changes: Partial<MigrationInput>) {
  return planMigration({
    repository,
    from: "automation",
    to: "flux",
    stacks: { automation: new Set(), flux: new Set() },
    previews: [],
    owners: new Map(),
    readings: new Map([found(41), found(42)]),
    apps: [undefined],
    ...changes,
  });
}

describe("a migration", () => {
  test("moves what the other engine has, at the commit that it shows", () => {
    const [move] = decide({
      previews: [preview(41, "automation")],
      stacks: { automation: new Set(["pr-41"]), flux: new Set() },
    });
    expect(move).toMatchObject({ kind: "move", name: "pr-41", sha: sha("41"), exists: false, ready: true });
  });

  test("goes on where it was broken off", () => {
    const [move] = decide({
      previews: [preview(41)],
      stacks: { automation: new Set(["pr-41"]), flux: new Set(["pr-41"]) },
    });
    expect(move).toMatchObject({ kind: "move", exists: true });
  });

  test("leaves alone what is there already, in order", () => {
    const moves = decide({
      previews: [preview(42), preview(41, "automation")],
      stacks: { automation: new Set(["pr-41"]), flux: new Set(["pr-42"]) },
    });
    expect(moves.map(({ name, kind }) => [name, kind])).toEqual([
      ["pr-41", "move"],
      ["pr-42", "keep"],
    ]);
  });

  test.each<[string, Partial<MigrationInput>, RegExp, boolean]>([
    [
      "that is another repository's",
      { previews: [{ ...preview(41, "automation"), repository: "acme/other" }] },
      /acme\/other/,
      false,
    ],
    [
      "whose pull request is closed",
      { readings: new Map([found(41, "closed")]) },
      /--engine automation ends its preview/,
      true,
    ],
    [
      "whose pull request cannot be read",
      { readings: new Map([[41, { kind: "unreadable", reason: "502" }]]) },
      /502/,
      true,
    ],
    ["of an app that the settings do not have", { apps: ["api"] }, /no app ""/, true],
  ])("holds a preview %s", (_, changes, reason, failed) => {
    const [move] = decide({ previews: [preview(41, "automation")], ...changes });
    expect(move).toMatchObject({ kind: "hold", failed, reason: expect.stringMatching(reason) as string });
  });

  test("asks whose a stack is that has nothing in the cluster", () => {
    const stacks = { automation: new Set(["pr-41", "staging"]), flux: new Set<string>() };
    const [move, ...rest] = decide({ stacks, owners: new Map([["pr-41", "acme/other"]]) });
    expect(move).toMatchObject({ kind: "hold", failed: false });
    expect(rest).toEqual([]);
  });
});
