import { describe, expect, test } from "vitest";
import {
  deploymentOf,
  deploymentSteps,
  type DeploymentStep,
  type DesiredDeployment,
  type KnownDeployment,
} from "../../../automation/feedback/deployment.ts";
import type { Phase } from "../../../automation/feedback/feedback.ts";
import { earlier, head, previewStatus, url } from "./feedback-samples.ts";

describe("what the Deployments of a preview should say", () => {
  test.each<[Phase, DesiredDeployment["state"] | undefined, boolean?]>([
    ["refused", "inactive", false],
    ["waiting", "inactive", false],
    ["held", undefined],
    ["queued", "queued"],
    ["deploying", "in_progress"],
    ["ready", "success"],
    ["failed", "failure"],
    ["ended", "inactive"],
    ["gone", "inactive"],
  ])("%s: %s", (phase, state, look = true) => {
    const address = state === "success" ? { url } : {};
    const expected = { environment: "pr-41", sha: head, state, look, ...address };
    expect(deploymentOf(previewStatus({ phase }))).toEqual(state === undefined ? undefined : expected);
  });

  test("there is no address where none is known", () => {
    expect(deploymentOf(previewStatus({ url: undefined }))).not.toHaveProperty("url");
  });

  test("an address that is none for a browser is left out, and passwords are not shown", () => {
    expect(deploymentOf(previewStatus({ url: "javascript:alert(1)" }))).not.toHaveProperty("url");
    expect(deploymentOf(previewStatus({ url: "https://me:secret@example.com/" }))?.url).toBe("https://example.com/");
  });
});

describe("the writes that lead there", () => {
  const old: KnownDeployment = { id: 1, sha: earlier, state: "success", url };
  const current: KnownDeployment = { id: 2, sha: head, state: "in_progress" };
  const write = (
    deployment: DeploymentStep["deployment"],
    state: DeploymentStep["state"],
    sha = head,
  ): DeploymentStep => ({
    deployment,
    sha,
    state,
    ...(state === "success" ? { url } : {}),
  });
  test.each<[string, KnownDeployment[], DesiredDeployment["state"], DeploymentStep[]]>([
    ["the first one is made", [], "queued", [write("new", "queued")]],
    ["its next state", [current], "success", [write(2, "success")]],
    ["the state it has", [{ ...current, state: "success", url }], "success", []],
    ["another address", [{ ...current, state: "success", url: "http://old/" }], "success", [write(2, "success")]],
    ["one whose state could not be written", [{ id: 2, sha: head }], "queued", [write(2, "queued")]],
    ["a new commit leaves the old one until it is ready", [old], "queued", [write("new", "queued")]],
    ["… and until then only", [old, current], "success", [write(2, "success"), write(1, "inactive", earlier)]],
    [
      "… also when that was forgotten",
      [old, { ...current, state: "success", url }],
      "success",
      [write(1, "inactive", earlier)],
    ],
    ["a new commit that failed leaves the old one", [old, current], "failure", [write(2, "failure")]],
    ["an old failure stays", [{ ...old, state: "failure" }, current], "success", [write(2, "success")]],
    ["an inactive one is not brought back", [{ ...current, state: "inactive" }], "success", [write("new", "success")]],
    ["a second try", [{ ...current, state: "failure" }], "in_progress", [write(2, "in_progress")]],
    ["the end", [old, current], "inactive", [write(1, "inactive", earlier), write(2, "inactive")]],
    ["the end again", [{ ...current, state: "inactive" }], "inactive", []],
    ["the end of nothing", [], "inactive", []],
  ])("%s", (_name, known, state, steps) => {
    expect(deploymentSteps(known, { sha: head, state, ...(state === "success" ? { url } : {}) })).toEqual(steps);
  });
});
