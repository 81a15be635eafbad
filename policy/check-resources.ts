import { readPackConfig, type PackConfig, type RuleConfig } from "./pack-config";
import { describeResource, type Program } from "./resource";
import { pageOf, type EnforcementLevel, type Rule, type Severity } from "./rule";
import { rules } from "./rules";

/** One finding of one rule. */
export interface Violation {
  readonly rule: string;
  readonly severity: Severity;
  /** `mandatory` stops the update, `advisory` is told. */
  readonly enforcementLevel: Exclude<EnforcementLevel, "disabled">;
  /** What it is about, as people know it: `Deployment "pr-41/app"`. */
  readonly resource: string;
  /** Undefined: the stack as a whole. */
  readonly urn: string | undefined;
  /** What is wrong with it. */
  readonly problem: string;
  /** How to mend it. */
  readonly remediation: string;
  /** Where the rule is explained, from the repository's root. */
  readonly page: string;
}

/**
 * Runs every rule over the resources of a program: what the policy pack does within an update, without Pulumi and before
 * one. Throws where the configuration is wrong.
 */
export function checkResources(program: Program, config: PackConfig = {}): Violation[] {
  const configs = readPackConfig(config, rules);
  return rules.flatMap((rule) => {
    const ruleConfig = configs.get(rule.name);
    return ruleConfig === undefined ? [] : violationsOf(rule, ruleConfig, program);
  });
}

function violationsOf(rule: Rule, { enforcementLevel, settings }: RuleConfig, program: Program): Violation[] {
  if (enforcementLevel === "disabled") return [];
  const { name, severity, remediation } = rule;
  return findings(rule, settings, program).map(({ resource, problem }) => ({
    rule: name,
    severity,
    enforcementLevel,
    resource: resource === undefined ? "the stack" : describeResource(resource),
    urn: resource?.urn,
    problem,
    remediation,
    page: pageOf(rule),
  }));
}

function findings(rule: Rule, settings: RuleConfig["settings"], program: Program) {
  if (rule.checks === "program") return rule.applies(program, settings) ? rule.problems(program, settings) : [];
  return program.resources
    .filter((resource) => rule.applies(resource, settings))
    .flatMap((resource) => rule.problems(resource, settings).map((problem) => ({ resource, problem })));
}
