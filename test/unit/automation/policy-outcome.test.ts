import { describe, expect, test } from "vitest";
import { PolicyRefusal, type Engine } from "../../../automation/engines/engine.ts";
import type { Violation } from "../../../automation/model.ts";
import { syncJson, syncTable } from "../../../automation/report/sync-report.ts";
import { plainPaint } from "../../../automation/report/table.ts";
import { describeViolation } from "../../../automation/report/violation.ts";
import { sync } from "../../../automation/sync.ts";
import { pullRequest } from "./samples.ts";
import { World } from "./world.ts";

const advice: Violation = {
  rule: "images-are-tagged",
  enforcementLevel: "advisory",
  severity: "medium",
  resource: 'HelmRelease "app-preview/pr-41"',
  problem: 'spec.values.image.tag is "latest"',
  remediation: "Name the image by its commit.",
  page: "policy/README.md#images-are-tagged",
};
const broken: Violation = { ...advice, rule: "no-host-paths", enforcementLevel: "mandatory" };

describe("what the policy pack finds", () => {
  /** Two previews; the engine finds something about the first one. */
  async function run(find: (run: Parameters<Engine["deploy"]>[1]) => void) {
    const world = new World().add(pullRequest(41), pullRequest(42));
    const { context } = world;
    const { engine } = context.ports;
    const deploy: Engine["deploy"] = async (request, told) => {
      if (request.spec.number === 41) find(told);
      await engine.deploy(request, told);
    };
    const ports = { ...context.ports, engine: { ...engine, deploy } };
    const report = { ...(await sync({ ...context, ports })), dryRun: false, interrupted: false };
    return { world, report, of: (number: number) => report.outcomes.find((outcome) => outcome.number === number) };
  }

  test("stops that preview only, and says so in its outcome", async () => {
    const { world, of } = await run(({ violation }) => {
      violation?.(broken);
      throw new PolicyRefusal("the policy pack forbids it");
    });
    expect(of(41)).toMatchObject({ ok: false, error: "the policy pack forbids it", violations: [broken] });
    expect(of(42)).toMatchObject({ ok: true });
    expect(of(42)).not.toHaveProperty("violations");
    expect([...world.stacks]).toEqual(["pr-42"]);
  });

  test("is a note where it is advice", async () => {
    const { report, of } = await run(({ violation }) => violation?.(advice));
    expect(of(41)).toMatchObject({ ok: true, violations: [advice] });
    expect(syncJson(report).outcomes).toContainEqual(expect.objectContaining({ violations: [advice] }));
    expect(syncTable(report, plainPaint)).toContain(
      'pr-41: note: images-are-tagged: HelmRelease "app-preview/pr-41": spec.values.image.tag is "latest"\n' +
        "  Name the image by its commit. See policy/README.md#images-are-tagged.",
    );
  });

  test("comes with a note of the whole run where the engine has no means for it", async () => {
    const { report } = await run(({ note }) => note?.("the engine cannot run policy packs"));
    expect(report.notes).toEqual(["the engine cannot run policy packs"]);
    expect(syncTable(report, plainPaint)).toContain("Note: the engine cannot run policy packs");
  });
});

test("a violation of which no more is known is told in one line", () => {
  const { rule, enforcementLevel, resource, problem } = advice;
  expect(describeViolation({ rule, enforcementLevel, resource, problem })).toBe(
    'images-are-tagged: HelmRelease "app-preview/pr-41": spec.values.image.tag is "latest"',
  );
});
