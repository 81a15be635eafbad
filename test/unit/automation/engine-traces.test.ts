import { describe, expect, test } from "vitest";
import { forgettingPatch, unyieldingPatch, yieldingPatch } from "../../../automation/cluster/engine-traces.ts";
import { clusterPreview } from "../../../automation/cluster/observed.ts";
import type { Metadata } from "../../../automation/cluster/objects.ts";

const operator = { manager: "flux-operator" };
const pulumi = { manager: "pulumi-kubernetes-12ab34cd" };
const helm = { manager: "helm-controller", subresource: "status" };
const frozen = { "fluxcd.controlplane.io/reconcile": "disabled", "fluxcd.controlplane.io/prune": "disabled" };
const owned = {
  "resourceset.fluxcd.controlplane.io/name": "previews",
  "resourceset.fluxcd.controlplane.io/namespace": "app-preview",
};

describe("an object that is handed over", () => {
  test("is left alone by Flux Operator, which keeps none of its fields", () => {
    const metadata = { labels: owned, managedFields: [operator, helm] };
    expect(yieldingPatch(metadata)).toEqual({ annotations: frozen });
    expect(yieldingPatch({ ...metadata, annotations: frozen })).toEqual({ managedFields: [helm] });
    expect(yieldingPatch({ annotations: frozen, managedFields: [helm] })).toBeUndefined();
  });

  test("is never without anybody who set its fields", () => {
    expect(yieldingPatch({ annotations: frozen, managedFields: [operator] })).toBeUndefined();
  });

  test("is Flux Operator's again once nothing keeps it off", () => {
    const annotations = { "fluxcd.controlplane.io/reconcile": null, "fluxcd.controlplane.io/prune": null };
    expect(unyieldingPatch({ annotations: frozen })).toEqual({ annotations });
    expect(unyieldingPatch({ annotations: { other: "one" } })).toBeUndefined();
  });

  test.each([
    [
      "flux",
      {
        labels: { ...owned, "preview-environments.dev/engine": "automation" },
        annotations: { ...frozen, "event.toolkit.fluxcd.io/branch": "main", "preview-environments.dev/branch": "main" },
        managedFields: [pulumi, operator],
      },
      {
        labels: {
          "resourceset.fluxcd.controlplane.io/name": null,
          "resourceset.fluxcd.controlplane.io/namespace": null,
        },
        annotations: {
          "fluxcd.controlplane.io/reconcile": null,
          "fluxcd.controlplane.io/prune": null,
          "event.toolkit.fluxcd.io/branch": null,
        },
        managedFields: [pulumi],
      },
    ],
    [
      "automation",
      {
        labels: owned,
        annotations: { "pulumi.com/waitFor": "condition=Ready", "preview-environments.dev/branch": "main" },
        managedFields: [pulumi, operator, helm],
      },
      { annotations: { "pulumi.com/waitFor": null }, managedFields: [operator, helm] },
    ],
  ] as const)("keeps no trace of the engine %s", (engine, metadata, patch) => {
    expect(forgettingPatch(metadata, engine)).toEqual(patch);
    const clean = { labels: { "preview-environments.dev/engine": "flux" }, managedFields: [helm] };
    expect(forgettingPatch(clean, engine)).toBeUndefined();
  });
});

describe("which engine holds a preview", () => {
  const made = (engine: string, more: Metadata = {}): Metadata => ({
    ...more,
    labels: { "preview-environments.dev/engine": engine, ...more.labels },
  });

  test.each([
    ["automation", "its own", made("automation"), made("automation"), undefined],
    ["automation", "the other's", made("flux"), made("flux"), "flux"],
    ["automation", "half of it the other's", made("automation"), made("flux"), "flux"],
    [
      "automation",
      "its own, while Flux Operator has it still",
      made("automation"),
      made("automation", { labels: owned }),
      "flux",
    ],
    ["flux", "its own", made("flux", { labels: owned }), made("flux", { labels: owned }), undefined],
    ["flux", "its own, while another takes it over", made("flux", { annotations: frozen }), made("flux"), "automation"],
    ["flux", "the other's", undefined, made("automation"), "automation"],
    ["flux", "nobody's that it says", {}, {}, undefined],
  ])("asked by %s: %s", (engine, _, namespace, release, other) => {
    const objects = [namespace, release].map((metadata) => metadata && { metadata });
    expect(clusterPreview({ number: 41 }, objects[0], objects[1], engine).otherEngine).toBe(other);
  });
});
