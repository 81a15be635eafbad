import { expect, test } from "vitest";
import { withinNamespaces } from "../../../sandbox/cluster/launch.ts";

test("a cache outside of the folders that are overlaid needs no care", () => {
  expect(withinNamespaces("/home/me/.cache/preview-environments")).not.toContain("rbind");
});

test("a cache below an overlaid folder is kept aside and put back, whatever its name", () => {
  const script = withinNamespaces("/var/lib/jenkins/it's here").split("\n");
  const position = (part: string): number => script.findIndex((line) => line.includes(part));
  const aside = position(`mount --rbind '/var/lib/jenkins/it'\\''s here' /run/sandbox/cache`);
  const overlay = position("mount -t overlay");
  const back = position(`mount --rbind /run/sandbox/cache '/var/lib/jenkins/it'\\''s here'`);
  expect([aside, overlay, back].includes(-1)).toBe(false);
  expect(aside).toBeLessThan(overlay);
  expect(overlay).toBeLessThan(back);
});
