import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planAddresses, type BalancedService } from "../../../sandbox/cluster/load-balancer-plan.ts";

const pool = ["10.0.0.100", "10.0.0.101"];
const service = (key: string, second: number, more: Partial<BalancedService> = {}): BalancedService => ({
  key,
  created: `2026-01-01T00:00:0${second}.000Z`,
  wanted: true,
  address: undefined,
  ...more,
});

describe("addresses of load balancers", () => {
  test.each([
    ["nothing to do", [], { assign: [], serve: [], waiting: [] }],
    [
      "the oldest gets the first one",
      [service("b/young", 2), service("a/old", 1)],
      {
        assign: [
          { key: "a/old", address: "10.0.0.100" },
          { key: "b/young", address: "10.0.0.101" },
        ],
        serve: pool,
        waiting: [],
      },
    ],
    [
      "who has one keeps it",
      [service("a/old", 1), service("b/young", 2, { address: "10.0.0.100" })],
      { assign: [{ key: "a/old", address: "10.0.0.101" }], serve: pool, waiting: [] },
    ],
    [
      "one that is not wanted any more is free again",
      [service("a/gone", 1, { wanted: false, address: "10.0.0.100" }), service("b/new", 2)],
      { assign: [{ key: "b/new", address: "10.0.0.100" }], serve: ["10.0.0.100"], waiting: [] },
    ],
    [
      "an address of another network is replaced",
      [service("a/moved", 1, { address: "192.0.2.1" })],
      { assign: [{ key: "a/moved", address: "10.0.0.100" }], serve: ["10.0.0.100"], waiting: [] },
    ],
    [
      "two with the same one: the younger gets another",
      [service("a/old", 1, { address: "10.0.0.100" }), service("b/young", 2, { address: "10.0.0.100" })],
      { assign: [{ key: "b/young", address: "10.0.0.101" }], serve: pool, waiting: [] },
    ],
    [
      "the last one waits",
      [service("a", 1), service("b", 2), service("c", 3)],
      {
        assign: [
          { key: "a", address: "10.0.0.100" },
          { key: "b", address: "10.0.0.101" },
        ],
        serve: pool,
        waiting: ["c"],
      },
    ],
  ])("%s", (_, services, expected) => {
    expect(planAddresses(services, pool)).toEqual(expected);
  });

  test("once carried out, a plan has nothing left to do, and no address has two owners", () => {
    const services = fc.uniqueArray(
      fc.record({
        key: fc.string({ minLength: 1 }),
        created: fc.constantFrom("2026-01-01", "2026-01-02"),
        wanted: fc.boolean(),
        address: fc.option(fc.constantFrom(...pool, "192.0.2.1"), { nil: undefined }),
      }),
      { selector: ({ key }) => key, maxLength: 6 },
    );
    fc.assert(
      fc.property(services, (before) => {
        const { assign } = planAddresses(before, pool);
        const given = new Map(assign.map(({ key, address }) => [key, address]));
        const after = before.map((one) => ({ ...one, address: given.get(one.key) ?? one.address }));
        expect(planAddresses(after, pool).assign).toEqual([]);
        expect(new Set(given.values()).size).toBe(given.size);
      }),
    );
  });
});
