import { expect, test } from "vitest";
import { Findings } from "../../../automation/engines/automation/findings.ts";
import type { Violation } from "../../../automation/model.ts";

const violation = (problem: string, rule = "images-are-tagged"): Violation => ({
  rule,
  enforcementLevel: "advisory",
  resource: "Deployment app",
  problem,
});
const urn = (types: string) => `urn:pulumi:pr-41::previews::${types}::app`;
const byRules = urn("kubernetes:apps/v1:Deployment");
const byEngine = urn("preview-environments:index:PreviewEnvironment$kubernetes:apps/v1:Deployment");

test("everything that rules find is told, and the engine's finding of the same is not", () => {
  const told: Violation[] = [];
  const findings = new Findings((one) => told.push(one));
  findings.byRules(violation("first"), byRules);
  findings.byRules(violation("second"), byRules);
  findings.byEngine(violation("the rule's description: first"), byEngine);
  findings.byEngine(violation("another rule", "services-stay-inside"), byEngine);
  expect(told.map(({ problem }) => problem)).toEqual(["first", "second", "another rule"]);
});

test("what the engine finds again when the update is tried again is told once", () => {
  const told: Violation[] = [];
  const findings = new Findings((one) => told.push(one));
  for (const problem of ["first", "second", "first", "second"]) findings.byEngine(violation(problem), byEngine);
  findings.byEngine(violation("first"), undefined);
  expect(told.map(({ problem }) => problem)).toEqual(["first", "second", "first"]);
});
