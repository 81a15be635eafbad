import { describe, expect, test } from "vitest";
import { checkResources } from "../../../policy/check-resources.ts";
import { rules } from "../../../policy/rules.ts";
import { defaultSettings } from "./cases.ts";
import { goldenNames, goldenProgram } from "./golden-program.ts";

/** What the golden files stand for that is not as it is by default. */
const config = {
  "production-chart-is-trusted": { registries: ["ghcr.io/den-vasyliev", "registry.example.com:5000"] },
};

describe("what the components register keeps every rule", () => {
  test.for(goldenNames)("%s", (name) => {
    const violations = checkResources(goldenProgram(name), config);
    expect(violations.map(({ rule, resource, problem }) => `${rule}: ${resource}: ${problem}`)).toEqual([]);
  });
});

/** Stack outputs and configuration are no business of components. */
const aboutStacks = ["no-plain-secret-outputs", "no-plain-secret-config"];

test.for(rules.filter(({ name }) => !aboutStacks.includes(name)).map((rule) => [rule.name, rule] as const))(
  "%s has something to say about them",
  ([, rule]) => {
    const programs = goldenNames.map(goldenProgram);
    const settings = defaultSettings(rule);
    const applies =
      rule.checks === "program"
        ? programs.some((program) => rule.applies(program, settings))
        : programs.some(({ resources }) => resources.some((resource) => rule.applies(resource, settings)));
    expect(applies).toBe(true);
  },
);
