import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitStatusOf, type CommitStatus } from "../../../automation/feedback/commit-status.ts";
import type { PreviewStatus } from "../../../automation/feedback/feedback.ts";
import { earlier, head, policy, previewStatus, statusOf, url, without } from "./feedback-samples.ts";

const options = { context: "preview", policy, told: false };
const about = (...previews: PreviewStatus[]) => commitStatusOf(statusOf({}, { previews }), options);
const held = (changes: Partial<PreviewStatus>) => previewStatus({ phase: "held", ...changes });

describe("the commit status", () => {
  test.each<[PreviewStatus, CommitStatus["state"], string, string?]>([
    [previewStatus(), "success", "Ready: it shows abc1234", url],
    [previewStatus({ phase: "queued" }), "pending", "Queued"],
    [previewStatus({ phase: "deploying" }), "pending", "Being deployed"],
    [previewStatus({ phase: "failed", error: "no image\nupdate failed" }), "failure", "Failed: no image"],
    [previewStatus({ phase: "failed" }), "failure", "Failed"],
    [without("waiting", "image", "no image yet"), "pending", "Waiting: no image yet"],
    [without("refused", "draft", "it is a draft"), "success", "No preview: it is a draft"],
    [without("refused", "fork", "it is a fork"), "pending", "No preview: it is a fork"],
    [without("ended", "stopped", "ada stopped it"), "success", "Ended: ada stopped it"],
    [held({ ...without("held", "paused", "paused"), runningSha: head, url }), "success", "Left as it is: paused", url],
    [
      held({ runningSha: earlier, verdict: { kind: "wait", rule: "image", reason: "no image yet" } }),
      "pending",
      "Left as it is: no image yet",
    ],
    [
      held({ ...without("held", "fork", "not approved"), runningSha: earlier }),
      "pending",
      "Left as it is: not approved",
    ],
    [held({ error: "unreadable" }), "failure", "Left as it is"],
    [previewStatus({ phase: "gone" }), "success", "Removed with its pull request"],
    [previewStatus({ phase: "gone", receipt: { removed: [], remains: ["Namespace"] } }), "pending", "Removed in part"],
  ])("of one preview: $phase", (preview, state, description, address) => {
    expect(about(preview)).toEqual({
      sha: head,
      context: "preview",
      state,
      description,
      ...(address === undefined ? {} : { url: address }),
    });
  });

  test("of several is the worst of them, and leads nowhere", () => {
    const ready = previewStatus();
    const queued = previewStatus({ phase: "queued" });
    const failed = previewStatus({ phase: "failed" });
    expect(about(ready, ready)).toMatchObject({ state: "success", description: "2 ready" });
    expect(about(ready, ready)).not.toHaveProperty("url");
    expect(about(ready, queued)).toMatchObject({ state: "pending", description: "1 ready, 1 queued" });
    expect(about(ready, failed, queued, ready)).toMatchObject({
      state: "failure",
      description: "2 ready, 1 failed, 1 queued",
    });
  });

  test("is none where nobody asked, unless there is one", () => {
    expect(about(without("refused", "label"))).toBeUndefined();
    const status = statusOf({}, { previews: [without("refused", "label", "no label")] });
    expect(commitStatusOf(status, { ...options, told: true })).toMatchObject({
      state: "success",
      description: "No preview: no label",
    });
  });

  test("keeps GitHub's limit on one line, whatever the reason", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const { description = "" } = about(previewStatus({ phase: "failed", error: `a${text}` })) ?? {};
        expect(description.length).toBeLessThanOrEqual(140);
        expect(description).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });
});
