import { expect, test } from "vitest";
import { ownerOf } from "../../../automation/engines/automation/owner.ts";

const object = (annotations: Record<string, unknown>) => ({ inputs: { metadata: { annotations } } });
const owned = object({ "preview-environments.dev/repository": "acme/app" });

test.each<[string, unknown, string | undefined]>([
  [
    "the objects say so",
    { deployment: { resources: [{}, { inputs: {} }, object({ other: "x" }), owned] } },
    "acme/app",
  ],
  ["none of them says so", { deployment: { resources: [{}, object({})] } }, undefined],
  ["there is nothing in it", { deployment: {} }, undefined],
  ["it was never filled", { version: 3, deployment: null }, undefined],
  [
    "what is said is no name",
    { deployment: { resources: [object({ "preview-environments.dev/repository": { secret: "x" } })] } },
    undefined,
  ],
])("whose a stack is: %s", (_, exported, owner) => {
  expect(ownerOf(JSON.stringify(exported))).toBe(owner);
});
