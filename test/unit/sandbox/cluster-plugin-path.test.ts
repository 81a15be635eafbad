import { describe, expect, test } from "vitest";
import { choosePlugin, describePlugin, type OfficialPlugin } from "../../../sandbox/plugin-path.ts";

const plugin = "resource-kubernetes";
const program = `pulumi-${plugin}`;
const standIns = { [program]: "/cache/stand-in" };
const cached = (version: string): string => `/home/me/.pulumi/plugins/${plugin}-v${version}/${program}`;
const found = (more: Partial<OfficialPlugin>): OfficialPlugin => ({ plugin, onPath: undefined, cached: [], ...more });

describe("which plugin is used", () => {
  test.each([
    [
      "the user's own on PATH",
      found({ onPath: "/usr/bin/it", cached: [cached("4.0.0")] }),
      { use: "path", file: "/usr/bin/it" },
    ],
    ["one in Pulumi's cache", found({ cached: [cached("4.34.2")] }), { use: "cache", file: cached("4.34.2") }],
    [
      "the newest in Pulumi's cache, by number",
      found({ cached: [cached("4.10.0"), cached("4.9.3"), cached("4.2.0")] }),
      { use: "cache", file: cached("4.10.0") },
    ],
    [
      "a release rather than its pre-release",
      found({ cached: [cached("4.34.2"), cached("4.34.2-alpha.1")] }),
      { use: "cache", file: cached("4.34.2") },
    ],
    ["the stand-in, where nothing official is", found({}), { use: "stand-in", file: "/cache/stand-in" }],
  ])("%s", (_, official, expected) => {
    expect(choosePlugin(official, standIns)).toEqual({ program, ...expected });
  });

  test("none, where there is no stand-in either", () => {
    expect(choosePlugin(found({}), {})).toEqual({ program, use: "nothing" });
  });
});

test("a stand-in is called one", () => {
  expect(describePlugin(choosePlugin(found({}), standIns))).toContain("stand-in");
  expect(describePlugin(choosePlugin(found({ onPath: "/usr/bin/it" }), standIns))).not.toContain("stand-in");
});
