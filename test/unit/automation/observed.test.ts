import { describe, expect, test } from "vitest";
import { clusterPreview, clusterPreviews } from "../../../automation/cluster/observed.ts";
import type { Conditioned } from "../../../automation/cluster/objects.ts";
import { merge } from "../../../automation/observe.ts";
import { sha } from "./samples.ts";

const annotations = {
  "preview-environments.dev/head-sha": sha("abcdef123456"),
  "preview-environments.dev/spec-hash": "hash",
  "preview-environments.dev/repository": "acme/app",
};
const ready = { type: "Ready", status: "True", observedGeneration: 2 };

function release(status: Conditioned["status"], metadata: Conditioned["metadata"] = {}): Conditioned {
  return { metadata: { name: "pr-41", generation: 2, annotations, ...metadata }, ...(status ? { status } : {}) };
}

describe("a release is Ready", () => {
  test.each<[string, Conditioned, boolean, string]>([
    ["when its controller says so", release({ conditions: [ready] }), true, ""],
    ["not before the controller came by", release(undefined), false, "the controller has not looked at it yet"],
    [
      "not when the controller says no",
      release({ conditions: [{ ...ready, status: "False", message: "no image" }] }),
      false,
      "no image",
    ],
    [
      "not when the controller speaks of an older change",
      release({ conditions: [{ ...ready, observedGeneration: 1 }] }),
      false,
      "the controller has not seen its latest change yet",
    ],
    [
      "not when it shows the chart of the commit before",
      release({ conditions: [ready], lastAttemptedRevision: "0.1.0+fedcba987654" }),
      false,
      "it still shows commit fedcba9",
    ],
    [
      "when it shows this commit's chart",
      release({ conditions: [ready], lastAttemptedRevision: "0.1.0+abcdef123456" }),
      true,
      "",
    ],
  ])("%s", (_, object, isReady, message) => {
    expect(clusterPreview({ number: 41 }, undefined, object, "automation").release).toMatchObject({
      ready: isReady,
      message,
    });
  });
});

test("namespaces and releases come together by name; other names are left out", () => {
  const found = clusterPreviews(
    [{ metadata: { name: "pr-42", deletionTimestamp: "now" } }, { metadata: { name: "default" } }],
    [release({ conditions: [ready] }), { metadata: { name: "pr-x" } }],
    "automation",
  );
  expect(found).toMatchObject([
    { number: 42, repository: undefined, namespace: { terminating: true }, release: undefined },
    { number: 41, repository: "acme/app", namespace: undefined, release: { sha: sha("abcdef123456") } },
  ]);
});

test("stacks and cluster objects come together by name", () => {
  const inCluster = clusterPreviews([{ metadata: { name: "pr-42" } }], [], "automation");
  const left = { preview: "pr-9-api", object: "ServiceAccount app-preview/pr-9-api", repository: "acme/app" };
  const { previews, unknownStacks } = merge(["pr-7", "pr-42", "staging", "pr-042"], inCluster, [left]);
  expect(unknownStacks).toEqual(["staging", "pr-042"]);
  expect(previews.map(({ name, stack, namespace, rest }) => [name, stack, namespace !== undefined, rest])).toEqual([
    ["pr-7", true, false, []],
    ["pr-9-api", false, false, ["ServiceAccount app-preview/pr-9-api"]],
    ["pr-42", true, true, []],
  ]);
  expect(previews[1]).toMatchObject({ number: 9, app: "api", repository: "acme/app" });
});

test.each([
  ["counts what failed since its latest change", 2, 3],
  ["says nothing of a change its controller has not seen", 1, 0],
])("a release %s", (_, observedGeneration, failures) => {
  const failed = release({ conditions: [{ ...ready, status: "False", observedGeneration }], failures: 3 });
  expect(clusterPreview({ number: 41 }, undefined, failed, "automation").release?.failures).toBe(failures);
});
