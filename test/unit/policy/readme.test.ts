import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { readme } from "../../../policy/readme.ts";
import { pageOf } from "../../../policy/rule.ts";
import { rules } from "../../../policy/rules.ts";

const root = join(import.meta.dirname, "../../..");
const file = join(root, "policy/README.md");

const text = await format(readme(rules), { ...(await resolveConfig(file)), filepath: file });

test("the README is what the rules say", async () => {
  await expect(text).toMatchFileSnapshot(file);
});

test.for(rules.map((rule) => [rule.name, rule] as const))("%s has a section and a row there", ([name, rule]) => {
  expect(pageOf(rule)).toBe(`policy/README.md#${name}`);
  expect(text).toContain(`\n### ${name}\n`);
  expect(text).toContain(`| [${name}](#${name}) `);
});
