import { expect, test } from "vitest";
import type { Conditioned, Pod } from "../../../automation/cluster/objects.ts";
import { notReadyReason, type Evidence } from "../../../automation/cluster/reason.ts";

const withReady = (status: string, reason: string, message: string): Conditioned => ({
  metadata: { name: "pr-41" },
  status: { conditions: [{ type: "Ready", status, reason, message }] },
});
const good = withReady("True", "Succeeded", "ok");
const late = withReady("False", "InstallFailed", "timed out");
const pod = (state: NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number]): Pod => ({
  metadata: { name: "kbot-1" },
  status: { containerStatuses: [{ name: "app", ...state }] },
});

test.each<[string, Partial<Evidence>, string | undefined]>([
  ["nothing is wrong", {}, undefined],
  ["the release's own words", { release: late }, 'HelmRelease "pr-41": InstallFailed: timed out'],
  [
    "the commit cannot be cloned",
    { sources: [good, withReady("False", "GitOperationFailed", "authentication required")], release: late },
    'GitRepository "pr-41": GitOperationFailed: authentication required',
  ],
  [
    "the image cannot be pulled: nearer than the release's time-out",
    { release: late, pods: [pod({ state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } })] },
    'pod "kbot-1", container "app": ImagePullBackOff: not found',
  ],
  [
    "a starting container says nothing",
    { release: late, pods: [pod({ state: { waiting: { reason: "ContainerCreating" } } })] },
    'HelmRelease "pr-41": InstallFailed: timed out',
  ],
  [
    "the app ended",
    { release: late, pods: [pod({ restartCount: 3, state: { terminated: { reason: "Error", exitCode: 1 } } })] },
    'pod "kbot-1", container "app": Error with exit code 1 after 3 restarts',
  ],
  [
    "no node has room",
    {
      pods: [
        {
          metadata: { name: "kbot-1" },
          status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1" }] },
        },
      ],
    },
    'pod "kbot-1": Unschedulable: 0/1',
  ],
  [
    "no controller is there",
    { sources: [{}] },
    'GitRepository "pr-41": no controller has looked at it; is Flux running?',
  ],
])("%s", (_, evidence, expected) => {
  expect(notReadyReason({ name: "pr-41", sources: [good], release: good, pods: [], ...evidence })).toBe(expected);
});
