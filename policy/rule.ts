import type { Program, Resource } from "./resource";

export type Severity = "low" | "medium" | "high" | "critical";

/** What a violation does: `advisory` warns, `mandatory` stops the update. */
export type EnforcementLevel = "advisory" | "mandatory" | "disabled";

/** Settings of one rule by name. Every setting is a list of texts. */
export type Settings = Readonly<Record<string, readonly string[] | undefined>>;

export interface Setting {
  readonly description: string;
  readonly default: readonly string[];
}

interface RuleText {
  /** In kebab-case; also the name of its section in the README. */
  readonly name: string;
  /** What has to be, as a sentence. */
  readonly description: string;
  /** What the rule looks at, in a few words. */
  readonly scope: string;
  readonly severity: Severity;
  /** Where the configuration does not say. */
  readonly enforcementLevel: Exclude<EnforcementLevel, "disabled">;
  /** What to do about a violation. */
  readonly remediation: string;
  readonly settings?: Readonly<Record<string, Setting>>;
}

/** A rule that needs one resource's inputs only, so that it speaks before the resource is touched. */
export interface ResourceRule extends RuleText {
  readonly checks: "resource";
  applies(resource: Resource, settings: Settings): boolean;
  /** What is wrong with a resource it applies to, each with the property or object it is about. */
  problems(resource: Resource, settings: Settings): string[];
}

/** A rule that needs all resources together. */
export interface ProgramRule extends RuleText {
  readonly checks: "program";
  applies(program: Program, settings: Settings): boolean;
  problems(program: Program, settings: Settings): ProgramProblem[];
}

export interface ProgramProblem {
  /** What it is about. Undefined: the stack. */
  readonly resource?: Resource;
  readonly problem: string;
}

export type Rule = ResourceRule | ProgramRule;

/** Where a rule is explained, from the repository's root. */
export function pageOf({ name }: Pick<Rule, "name">): string {
  return `policy/README.md#${name}`;
}
