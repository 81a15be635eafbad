import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, test } from "vitest";
import { eventWatcher, resourceName } from "../../../automation/engines/automation/engine-events.ts";
import { redactor } from "../../../automation/redact.ts";

const urn =
  "urn:pulumi:pr-41::previews::preview-environments:index:PreviewEnvironment$kubernetes:core/v1:Namespace::namespace";
const stackUrn = "urn:pulumi:pr-41::previews::pulumi:pulumi:Stack::previews-pr-41";

const silent = { progress: () => undefined, violation: () => undefined };

function event(content: Partial<EngineEvent>): EngineEvent {
  return { sequence: 1, timestamp: 1, ...content };
}
function diagnostic(about: string, message: string, severity: "error" | "warning") {
  return event({ diagnosticEvent: { urn: about, message, severity, color: "never" } });
}

test("a resource is named by its kind and name", () => {
  expect(resourceName(urn)).toBe("Namespace namespace");
});

test("errors are kept with their resource and without colours, warnings are not", () => {
  const watcher = eventWatcher(silent);
  watcher.onEvent(diagnostic(urn, "<{%fg 1%}>forbidden<{%reset%}>\n", "error"));
  watcher.onEvent(diagnostic(stackUrn, "update failed", "error"));
  watcher.onEvent(diagnostic(urn, "deprecated", "warning"));
  expect(watcher.diagnostics()).toEqual(["Namespace namespace: forbidden", "update failed"]);
  watcher.forget();
  expect(watcher.diagnostics()).toEqual([]);
});

test("pending operations of an interrupted run are noticed", () => {
  const watcher = eventWatcher(silent);
  expect(watcher.sawPendingOperations()).toBe(false);
  watcher.onEvent(
    diagnostic(stackUrn, "Attempting to deploy or update resources with 2 pending operations", "warning"),
  );
  expect(watcher.sawPendingOperations()).toBe(true);
});

describe("what a policy pack finds", () => {
  const policyEvent = (enforcementLevel: "mandatory" | "warning", resourceUrn?: string) =>
    event({
      policyEvent: {
        policyName: "images-are-tagged",
        policyPackName: "pack",
        policyPackVersion: "1",
        policyPackVersionTag: "1",
        color: "never",
        message: "<{%fg 1%}>every image has a tag<{%reset%}>\n",
        enforcementLevel,
        ...(resourceUrn === undefined ? {} : { resourceUrn }),
      },
    });
  const found = (given: EngineEvent) => {
    const told: unknown[] = [];
    const watcher = eventWatcher({ ...silent, violation: (...args) => told.push(args) });
    watcher.onEvent(given);
    return { told, errors: watcher.diagnostics() };
  };
  const violation = { rule: "images-are-tagged", problem: "every image has a tag", resource: "Namespace namespace" };

  test("is told with its resource, and is an error where it is mandatory", () => {
    expect(found(policyEvent("mandatory", urn))).toEqual({
      told: [[{ ...violation, enforcementLevel: "mandatory" }, urn]],
      errors: ["images-are-tagged: Namespace namespace: every image has a tag"],
    });
  });

  test("is only told where it is advisory", () => {
    expect(found(policyEvent("warning"))).toEqual({
      told: [[{ ...violation, enforcementLevel: "advisory", resource: "the stack" }, undefined]],
      errors: [],
    });
  });
});

test("secrets are blotted out, the longer ones first", () => {
  const redact = redactor(["hunter2", "hunter2-long", "", "abc"]);
  expect(redact("a hunter2-long and a hunter2 and abc")).toBe("a [secret] and a [secret] and abc");
});
