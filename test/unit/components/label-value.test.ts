import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelValue, repositoryLabel } from "../../../components/manifests/label-value.ts";

const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

describe("a label value", () => {
  test.for([
    ["v1.2.3", "v1.2.3"],
    ["a", "a"],
    ["x".repeat(63), "x".repeat(63)],
    ["feature/greeting", "feature-greeting-c4c572a9"],
    ["-starts-badly", "starts-badly-291bbf1f"],
    ["", "e3b0c442"],
    ["приклад", "a28a0221"],
  ] as const)("of %j is %j", ([text, label]) => {
    expect(labelValue(text)).toBe(label);
  });

  test("is valid, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (text) => {
        expect(labelValue(text)).toMatch(LABEL_VALUE);
      }),
    );
  });

  test("differs where the texts differ", () => {
    const similar = fc.stringMatching(/^[a/._-]{0,6}$/);
    fc.assert(
      fc.property(similar, similar, (a, b) => {
        fc.pre(a !== b);
        expect(labelValue(a)).not.toBe(labelValue(b));
      }),
    );
  });
});

describe("a repository's label", () => {
  test.for([
    ["den-vasyliev/kbot", "den-vasyliev.kbot"],
    ["o/.github", "o..github"],
    ["o/ends-", "o.ends-27d400e8"],
    [`owner/${"n".repeat(80)}`, `owner.${"n".repeat(48)}-22130b19`],
  ] as const)("of %s is %s", ([repository, label]) => {
    expect(repositoryLabel(repository)).toBe(label);
  });

  test("is valid and its own", () => {
    const part = fc.stringMatching(/^[a.-]{1,4}$/);
    const repository = fc.tuple(part, part).map(([owner, name]) => `${owner}/${name}`);
    fc.assert(
      fc.property(repository, repository, (a, b) => {
        expect(repositoryLabel(a)).toMatch(LABEL_VALUE);
        fc.pre(a !== b);
        expect(repositoryLabel(a)).not.toBe(repositoryLabel(b));
      }),
    );
  });
});
