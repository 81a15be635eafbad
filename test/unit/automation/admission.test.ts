import { expect, test } from "vitest";
import { admit } from "../../../automation/admission.ts";
import type { PullRequest, Verdict } from "../../../automation/model.ts";
import { pullRequest } from "./samples.ts";

const cases: readonly [string, Partial<PullRequest>, Verdict][] = [
  ["the label admits", {}, { kind: "admit", reason: 'it has the label "preview"' }],
  ["among others too", { labels: ["bug", "preview"] }, { kind: "admit", reason: 'it has the label "preview"' }],
  ["in any case of letters", { labels: ["Preview"] }, { kind: "admit", reason: 'it has the label "preview"' }],
  ["no label", { labels: [] }, { kind: "refuse", reason: 'the label "preview" is missing' }],
  ["another label", { labels: ["previews"] }, { kind: "refuse", reason: 'the label "preview" is missing' }],
  ["closed, with the label", { state: "closed" }, { kind: "refuse", reason: "the pull request is closed" }],
];

test.each(cases)("%s", (_, changes, verdict) => {
  expect(admit(pullRequest(41, changes), { label: "preview" })).toEqual(verdict);
});
