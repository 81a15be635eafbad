import { describe, expect, test } from "vitest";
import {
  REQUESTED_ANNOTATION,
  heldObjects,
  leavingProblem,
  requestState,
  setFailure,
  setProblem,
} from "../../../automation/engines/flux/resource-set.ts";
import { rehearsed } from "../../../automation/engines/flux/rehearsal.ts";
import { previewSet, previewSpec } from "../../../automation/preview-spec.ts";
import { onlyApp } from "../../../automation/apps.ts";
import { fileSchema } from "../../../automation/settings/schema.ts";
import { resourceSet } from "../../../components/manifests/preview-set.ts";
import { previewObjects } from "../../../components/manifests/preview.ts";
import { pullRequest, repository } from "./samples.ts";

const settings = { ...fileSchema.parse({ repository, engine: "flux" }), repository };
const set = previewSet(settings);

describe("the ResourceSet that renders the previews", () => {
  test.each([
    ["is there, as the driver means it", resourceSet(set), undefined],
    ["is not there", undefined, /the cluster has no ResourceSet "app-preview\/previews"/],
    [
      "reads GitHub itself",
      resourceSet({ ...set, source: "github" }),
      /does not take its pull requests from the driver/,
    ],
    [
      "was made from other settings",
      resourceSet({ ...set, preview: { ...set.preview, podSecurity: "privileged" } }),
      /other settings than the driver's/,
    ],
  ])("%s", (_, found, problem) => {
    const text = setProblem(found, set);
    if (problem === undefined) expect(text).toBeUndefined();
    else expect(text).toMatch(problem);
  });

  test("can be left by those that it has from the driver alone", () => {
    expect(leavingProblem(resourceSet({ ...set, source: "github" }), set)).toMatch(/reads GitHub itself/);
    const other = { ...set, preview: { ...set.preview, podSecurity: "privileged" as const } };
    expect([resourceSet(other), undefined].map((found) => leavingProblem(found, set))).toEqual([undefined, undefined]);
  });

  test("says what keeps it", () => {
    const conditions = [{ type: "Ready", status: "False", reason: "BuildFailed", message: "no such key" }];
    expect(setFailure({ status: { conditions } })).toBe("BuildFailed: no such key");
    expect(setFailure({ status: { conditions: [{ type: "Ready", status: "Unknown" }] } })).toBeUndefined();
    expect(setFailure(undefined)).toBeUndefined();
  });

  test.each([
    ["is pending until it is answered", "10:00:02", "10:00:00", "pending"],
    ["is answered", "10:00:02", "10:00:02", "answered"],
    ["is answered with a later one", "10:00:03", "10:00:03", "answered"],
    ["is pending with a later one", "10:00:03", "10:00:00", "pending"],
    ["is lost when an older one took its place", "10:00:01", "10:00:01", "lost"],
    ["is answered though an older one came after that", "10:00:01", "10:00:02", "answered"],
  ])("a request of 10:00:02 to look again %s", (_, requested, lastHandledReconcileAt, state) => {
    const found = {
      metadata: { annotations: { [REQUESTED_ANNOTATION]: requested } },
      status: { lastHandledReconcileAt },
    };
    expect(requestState(found, "10:00:02")).toBe(state);
    expect(requestState(undefined, "10:00:02")).toBe("lost");
  });

  test("holds a preview's objects by name, and no other's", () => {
    const entries = [
      "_pr-4__Namespace",
      "pr-4_pr-4__ResourceQuota",
      "app-preview_pr-4_helm.toolkit.fluxcd.io_HelmRelease",
      "app-preview_pr-4-0123456789ab_source.toolkit.fluxcd.io_GitRepository",
      "_pr-41__Namespace",
      "app-preview_pr-41_helm.toolkit.fluxcd.io_HelmRelease",
      "app-preview_pr-4-api_helm.toolkit.fluxcd.io_HelmRelease",
      "app-preview_pr-4-api-0123456789ab_source.toolkit.fluxcd.io_GitRepository",
    ].map((id) => ({ id }));
    const found = { status: { inventory: { entries } } };
    expect(heldObjects(found, "pr-4-api")).toHaveLength(2);
    expect(heldObjects(found, "pr-4")).toEqual([
      "Namespace pr-4",
      "ResourceQuota pr-4/pr-4",
      "HelmRelease app-preview/pr-4",
      "GitRepository app-preview/pr-4-0123456789ab",
    ]);
    expect(heldObjects(undefined, "pr-4")).toEqual([]);
  });
});

describe("an input", () => {
  const spec = previewSpec(settings, pullRequest(41), onlyApp);

  test("is tried with every object before it is published, where there may be no namespace yet", () => {
    const tried = rehearsed(previewObjects(spec));
    expect(tried.map(({ path }) => path)).toEqual([
      "/api/v1/namespaces/pr-41",
      "/api/v1/namespaces/app-preview/resourcequotas/pr-41",
      "/api/v1/namespaces/app-preview/limitranges/pr-41",
      "/apis/networking.k8s.io/v1/namespaces/app-preview/networkpolicies/pr-41",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/app-preview/roles/pr-41",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/app-preview/rolebindings/pr-41",
      "/api/v1/namespaces/app-preview/serviceaccounts/pr-41",
      "/apis/source.toolkit.fluxcd.io/v1/namespaces/app-preview/gitrepositories/pr-41-410000000000",
      "/apis/helm.toolkit.fluxcd.io/v2/namespaces/app-preview/helmreleases/pr-41",
    ]);
    expect(tried.slice(1).every(({ object }) => object.metadata.namespace === "app-preview")).toBe(true);
  });
});
