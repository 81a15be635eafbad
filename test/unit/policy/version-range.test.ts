import { expect, test } from "vitest";
import { rangeProblem } from "../../../policy/version-range.ts";

const NO_RANGE = "which is no semver range";
const PRE_RELEASES = "which includes pre-releases";

test.for([
  [">2.2.0", undefined],
  ["~2.3", undefined],
  ["^1", undefined],
  ["*", undefined],
  ["1.x", undefined],
  ["2.3.0", undefined],
  ["v2.3.0+build.5", undefined],
  [">= 1.2, < 3.0.0 || ~4.1", undefined],
  ["1.2 - 1.4.5", undefined],
  [">2.2.0-0", PRE_RELEASES],
  ["^1.0.0-rc.1", PRE_RELEASES],
  ["1.2.3 - 2.0.0-beta", PRE_RELEASES],
  [">=1.0.0 || >=2.0.0-0", PRE_RELEASES],
  ["latest", NO_RANGE],
  [">", NO_RANGE],
  ["1.2.3 ||", NO_RANGE],
  ["1.2.3.4", NO_RANGE],
] as const)("%j", ([range, problem]) => {
  expect(rangeProblem("semver", range)).toEqual(problem === undefined ? [] : [`semver is "${range}", ${problem}`]);
});

test.for([undefined, "", " ", 1])("%j is none", (range) => {
  expect(rangeProblem("semver", range)).toEqual(["semver is not set"]);
});
