import { isObject } from "./resource";
import type { EnforcementLevel, Rule, Settings } from "./rule";

/** How strictly a rule is taken, and what it is told. */
export interface RuleConfig {
  readonly enforcementLevel: EnforcementLevel;
  readonly settings: Settings;
}

/** A policy pack's configuration as `--policy-pack-config` takes it: by rule a level, or an object with level and settings. */
export type PackConfig = Readonly<Record<string, unknown>>;

const ALL = "all";

/** For each rule what the configuration says, and else its default; throws one error with every problem. */
export function readPackConfig(config: PackConfig, rules: readonly Rule[]): ReadonlyMap<string, RuleConfig> {
  const problems = packConfigProblems(config, rules);
  if (problems.length > 0) throw new Error(`the policy configuration cannot be used:\n  ${problems.join("\n  ")}`);
  return new Map(rules.map((rule) => [rule.name, ruleConfig(rule, config)]));
}

function ruleConfig(rule: Rule, config: PackConfig): RuleConfig {
  const given = config[rule.name];
  const level = levelIn(given) ?? levelIn(config[ALL]) ?? rule.enforcementLevel;
  const defaults = Object.entries(rule.settings ?? {}).map(([name, setting]) => [name, setting.default] as const);
  return {
    // Nothing here mends a resource: like Pulumi, take `remediate` for `mandatory`.
    enforcementLevel: level === "remediate" ? "mandatory" : level,
    settings: { ...Object.fromEntries(defaults), ...settingsIn(given) },
  };
}

type GivenLevel = EnforcementLevel | "remediate";
const LEVELS: readonly string[] = ["advisory", "mandatory", "remediate", "disabled"];

function levelIn(given: unknown): GivenLevel | undefined {
  const level = isObject(given) ? given["enforcementLevel"] : given;
  return isLevel(level) ? level : undefined;
}

function isLevel(level: unknown): level is GivenLevel {
  return typeof level === "string" && LEVELS.includes(level);
}

function settingsIn(given: unknown): Settings {
  if (!isObject(given)) return {};
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (isTexts(value) ? [[name, value] as const] : [])),
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Everything that is wrong with a configuration, each with its key and what is allowed. */
export function packConfigProblems(config: PackConfig, rules: readonly Rule[]): string[] {
  return Object.entries(config).flatMap(([name, given]) => {
    const rule = rules.find((each) => each.name === name);
    if (rule === undefined && name !== ALL) {
      return [`${name}: is not a rule; rules are ${[ALL, ...rules.map((each) => each.name)].join(", ")}`];
    }
    return [...levelProblems(name, given), ...settingProblems(name, given, rule)];
  });
}

function levelProblems(name: string, given: unknown): string[] {
  const [key, level] = isObject(given) ? [`${name}.enforcementLevel`, given["enforcementLevel"]] : [name, given];
  if (isLevel(level) || (isObject(given) && level === undefined)) return [];
  return [`${key}: ${JSON.stringify(level)} is not one of ${LEVELS.join(", ")}`];
}

function settingProblems(name: string, given: unknown, rule: Rule | undefined): string[] {
  if (!isObject(given)) return [];
  const known = Object.keys(rule?.settings ?? {});
  return Object.entries(given).flatMap(([key, value]) => {
    if (key === "enforcementLevel") return [];
    if (!known.includes(key)) return [`${name}.${key}: is not a setting of this rule`];
    return isTexts(value) ? [] : [`${name}.${key}: ${JSON.stringify(value)} is not a list of texts`];
  });
}
