import { expect, test } from "vitest";
import { withPendingCreatesAdopted } from "../../../automation/engines/automation/pending-creates.ts";

const namespace = {
  urn: "urn:namespace",
  type: "kubernetes:core/v1:Namespace",
  inputs: { metadata: { name: "pr-41" } },
};
const release = {
  urn: "urn:release",
  type: "kubernetes:helm.toolkit.fluxcd.io/v2:HelmRelease",
  inputs: { metadata: { name: "pr-41", namespace: "app-preview" } },
};
const state = (pending: readonly unknown[], resources: readonly unknown[] = []) => ({
  version: 3,
  deployment: { resources, pending_operations: pending },
});

test("a state without pending creates is left as it is", () => {
  expect(withPendingCreatesAdopted(state([]))).toBeUndefined();
  expect(withPendingCreatesAdopted(state([{ type: "deleting", resource: namespace }]))).toBeUndefined();
});

test("what was being created is in the state then, by its id, for a refresh to look for", () => {
  const adopted = withPendingCreatesAdopted(
    state([
      { type: "creating", resource: namespace },
      { type: "creating", resource: release },
      { type: "deleting", resource: namespace },
    ]),
  );
  expect(adopted?.deployment).toEqual({
    resources: [
      { ...namespace, id: "pr-41", outputs: namespace.inputs },
      { ...release, id: "app-preview/pr-41", outputs: release.inputs },
    ],
    pending_operations: [{ type: "deleting", resource: namespace }],
  });
});

test("what a later run created after all is not there twice", () => {
  const resources = [{ ...namespace, id: "pr-41" }];
  const adopted = withPendingCreatesAdopted(state([{ type: "creating", resource: namespace }], resources));
  expect(adopted?.deployment).toEqual({ resources, pending_operations: [] });
});

test("what is no Kubernetes object has no id to look for", () => {
  const component = { urn: "urn:component", type: "preview-environments:index:PreviewEnvironment" };
  const adopted = withPendingCreatesAdopted(state([{ type: "creating", resource: component }]));
  expect(adopted?.deployment).toEqual({ resources: [], pending_operations: [] });
});
