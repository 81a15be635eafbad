import { describe, expect, test } from "vitest";
import { rules } from "../../../policy/rules.ts";
import { verdict } from "./cases.ts";
import { platformCases } from "./platform-cases.ts";
import { previewCases } from "./preview-cases.ts";
import { secretCases } from "./secret-cases.ts";

const cases = { ...previewCases, ...platformCases, ...secretCases };

test("every rule has cases, and every case a rule", () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ name }) => name).sort());
});

describe.for(rules.map((rule) => [rule.name, rule] as const))("%s", ([name, rule]) => {
  const { violating = [], passing = [], notApplicable = [] } = cases[name] ?? {};

  test("has a case for every verdict", () => {
    expect([violating, passing, notApplicable].filter(({ length }) => length === 0)).toEqual([]);
  });

  test.for(violating.map((each) => [each.title, each] as const))("refuses %s", ([, each]) => {
    expect(verdict(rule, each)).toEqual(each.problems);
  });

  test.for(passing.map((each) => [each.title, each] as const))("accepts %s", ([, each]) => {
    expect(verdict(rule, each)).toEqual([]);
  });

  test.for(notApplicable.map((each) => [each.title, each] as const))("has nothing to say about %s", ([, each]) => {
    expect(verdict(rule, each)).toBe("not applicable");
  });
});
