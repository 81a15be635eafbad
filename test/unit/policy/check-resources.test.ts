import { describe, expect, test } from "vitest";
import { checkResources } from "../../../policy/check-resources.ts";
import { withControlNamespace } from "../../../policy/control-namespaces.ts";
import { rules } from "../../../policy/rules.ts";
import { object, pod } from "./cases.ts";

const latest = { resources: [pod({}, { image: "nginx:latest" })] };
const IMAGES = "preview-images-are-tagged";

describe("a violation", () => {
  test("says what is wrong with what, and how to mend it", () => {
    const [violation, ...others] = checkResources(latest);
    expect(others).toEqual([]);
    expect(violation).toEqual({
      rule: IMAGES,
      severity: "medium",
      enforcementLevel: "mandatory",
      resource: 'Deployment "pr-41/it"',
      urn: "urn:pulumi:pr-41::previews::kubernetes:apps/v1:Deployment::it",
      problem: 'spec.template.spec.containers[0].image is "nginx:latest"',
      remediation:
        "Name the image by the commit it was built from, or by its digest, so that a preview shows one commit only.",
      page: `policy/README.md#${IMAGES}`,
    });
  });

  test("of the stack as a whole is no resource's", () => {
    const [violation] = checkResources({ resources: [], config: { values: { "p:token": "x" }, secretKeys: [] } });
    expect(violation).toMatchObject({ rule: "no-plain-secret-config", resource: "the stack", urn: undefined });
  });
});

describe("the configuration", () => {
  const levels: [string, Record<string, unknown>, string | undefined][] = [
    ["nothing", {}, "mandatory"],
    ["one rule", { [IMAGES]: "advisory" }, "advisory"],
    ["one rule, at length", { [IMAGES]: { enforcementLevel: "advisory" } }, "advisory"],
    ["all", { all: "advisory" }, "advisory"],
    ["all, and one otherwise", { all: "disabled", [IMAGES]: "mandatory" }, "mandatory"],
    ["what nothing here can do", { [IMAGES]: "remediate" }, "mandatory"],
    ["one rule off", { [IMAGES]: "disabled" }, undefined],
    ["another rule off", { "preview-is-not-privileged": "disabled" }, "mandatory"],
  ];
  test.for(levels)("of %s: %j is %s", ([, config, level]) => {
    expect(checkResources(latest, config)[0]?.enforcementLevel).toBe(level);
  });

  test("tells a rule what it has to know", () => {
    const program = { resources: [object("v1", "ConfigMap", {}, { namespace: "previews" })] };
    const config = { "preview-stays-in-its-namespaces": { controlNamespaces: ["previews"] } };
    expect(checkResources(program)).toHaveLength(1);
    expect(checkResources(program, config)).toEqual([]);
  });

  test("can be given the control namespace of previews", () => {
    const program = { resources: [object("v1", "ConfigMap", {}, { namespace: "previews" })] };
    const check = (config: Record<string, unknown>) =>
      checkResources(program, withControlNamespace(config, "previews", rules)).map(({ rule }) => rule);
    const stays = "preview-stays-in-its-namespaces";
    expect(check({})).toEqual([]);
    expect(check({ [stays]: "advisory" })).toEqual([]);
    expect(check({ [stays]: { controlNamespaces: ["elsewhere"] } })).toEqual([stays]);
  });

  test("is refused in one message", () => {
    const config = {
      "no-such-rule": "mandatory",
      [IMAGES]: "strict",
      "preview-is-not-privileged": { enforcementLevel: 1, containers: ["app"] },
      "production-chart-is-trusted": { registries: "ghcr.io" },
    };
    expect(() => checkResources(latest, config)).toThrow(
      /^the policy configuration cannot be used:\n {2}no-such-rule: is not a rule; rules are all, preview-.*\n/,
    );
    expect(() => checkResources(latest, config)).toThrow(
      `  ${IMAGES}: "strict" is not one of advisory, mandatory, remediate, disabled\n` +
        "  preview-is-not-privileged.enforcementLevel: 1 is not one of advisory, mandatory, remediate, disabled\n" +
        "  preview-is-not-privileged.containers: is not a setting of this rule\n" +
        '  production-chart-is-trusted.registries: "ghcr.io" is not a list of texts',
    );
  });
});
