import { expect, test } from "vitest";
import { Patience } from "../../../automation/patience.ts";

function at(inLine: boolean) {
  const clock = { now: 0 };
  return { clock, patience: new Patience({ ms: 100, now: () => clock.now, inLine }) };
}

test("what is waited for may take as long as it is told", () => {
  const { clock, patience } = at(true);
  const isTooLong = patience.begin();
  clock.now = 100;
  expect(isTooLong()).toBe(false);
  clock.now = 101;
  expect(isTooLong()).toBe(true);
});

test("whoever stands in line is given as long from when the one before was done", () => {
  const { clock, patience } = at(true);
  const isTooLong = patience.begin();
  clock.now = 90;
  patience.done();
  clock.now = 190;
  expect(isTooLong()).toBe(false);
  clock.now = 191;
  expect(isTooLong()).toBe(true);
});

test("where nobody stands in line, others make no difference", () => {
  const { clock, patience } = at(false);
  const isTooLong = patience.begin();
  clock.now = 90;
  patience.done();
  clock.now = 101;
  expect(isTooLong()).toBe(true);
});

test("whoever begins late is not late", () => {
  const { clock, patience } = at(true);
  patience.done();
  clock.now = 1000;
  const isTooLong = patience.begin();
  clock.now = 1100;
  expect(isTooLong()).toBe(false);
});
