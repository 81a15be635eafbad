import { describe, expect, test } from "vitest";
import { gatheringMs, wantsList, type Traffic } from "../../../automation/cluster/gathering.ts";

describe("questions are gathered", () => {
  test.each<[string, Traffic, number]>([
    ["not at all when one asks", { recent: 1, tookMs: 5 }, 0],
    ["not for three previews that wait, however slow the answers", { recent: 27, tookMs: 900 }, 0],
    ["a moment for a few more", { recent: 31, tookMs: 5 }, 93],
    ["longer for many", { recent: 300, tookMs: 5 }, 900],
    ["longer where an answer takes long", { recent: 100, tookMs: 200 }, 1000],
    ["two seconds at most", { recent: 3000, tookMs: 2000 }, 2000],
  ])("%s", (_, traffic, ms) => {
    expect(gatheringMs(traffic)).toBe(ms);
  });

  test("and answered by a list when it is about more than three names", () => {
    expect([1, 3, 4, 500].map(wantsList)).toEqual([false, false, true, true]);
  });
});
