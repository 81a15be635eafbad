import { describe, expect, test } from "vitest";
import { addressesOf, freeSubnets } from "../../../sandbox/cluster/addresses.ts";

test("an instance's addresses lie in its own subnet, the gateway's first", () => {
  const { link, subnet, outside, inside, loadBalancers } = addressesOf(7);
  expect({ link, subnet, outside, inside }).toEqual({
    link: "preview-7",
    subnet: "10.201.7.0/24",
    outside: "10.201.7.1",
    inside: "10.201.7.2",
  });
  expect(loadBalancers).toHaveLength(20);
  expect(loadBalancers[0]).toBe("10.201.7.100");
});

describe("the first free subnet", () => {
  test.each([
    ["no routes", [], 0],
    ["routes elsewhere", ["default", "192.0.2.0/24", "10.200.0.0/16", "10.202.0.0/15"], 0],
    ["another sandbox", ["10.201.0.0/24", "10.201.0.1"], 1],
    ["a gap", ["10.201.0.0/24", "10.201.2.0/24"], 1],
    ["one address", ["10.201.0.77"], 1],
    ["a larger network over the first ones", ["10.201.0.0/22"], 4],
    ["a default route written as a network", ["0.0.0.0/0"], 0],
    ["everything taken", ["10.0.0.0/8"], undefined],
  ])("with %s", (_, routes, expected) => {
    expect(freeSubnets(routes)[0]).toBe(expected);
  });
});
