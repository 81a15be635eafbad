import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../automation/model.ts";
import { actionOutputs, outputLines } from "../../../automation/report/action-outputs.ts";

const outcome = (number: number, action: Outcome["action"], more: Partial<Outcome> = {}): Outcome => ({
  number,
  name: `pr-${number}`,
  action,
  ok: true,
  reason: "",
  ms: 1,
  ...more,
});

describe("the outputs of a step", () => {
  test.each<[string, readonly Outcome[], Readonly<Record<string, string>>]>([
    ["of nothing", [], { urls: "{}", created: "0", failed: "0" }],
    [
      "count what was done, each preview once",
      [
        outcome(41, "create", { url: "http://h/pr-41" }),
        outcome(42, "update", { url: "http://h/pr-42", ok: false }),
        outcome(43, "keep", { url: "http://h/pr-43" }),
        outcome(44, "hold"),
        outcome(45, "destroy"),
      ],
      {
        urls: '{"pr-41":"http://h/pr-41","pr-43":"http://h/pr-43"}',
        created: "1",
        updated: "0",
        kept: "1",
        held: "1",
        destroyed: "1",
        failed: "1",
      },
    ],
  ])("%s", (_, outcomes, expected) => {
    expect(actionOutputs({ outcomes })).toMatchObject(expected);
  });

  test("are written so that no value can become another output", () => {
    expect(outputLines({ urls: "{}\nexit-code=0", failed: "1" }, "END")).toBe(
      "urls<<END\n{}\nexit-code=0\nEND\nfailed<<END\n1\nEND\n",
    );
  });
});
