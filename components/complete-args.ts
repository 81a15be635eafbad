import * as pulumi from "@pulumi/pulumi";

/** What one argument has to be. */
export interface Rule {
  /** Completes the sentence `"x" is not …`. */
  readonly allowed: string;
  /** Whether the value must not be shown. */
  readonly secret?: boolean;
  accepts(value: unknown): boolean;
}

export type Rules<Args> = { readonly [Key in keyof Args]?: Rule };

/** Arguments in which nothing is left open that has a default. */
export type Complete<Args, Defaults> = Args & Required<Pick<Args, keyof Args & keyof Defaults>>;

/**
 * A component's arguments with its defaults, checked: plain values at once, in one error with every problem, and outputs
 * as soon as they are known. An argument that is left out and has no default is not checked.
 */
export function completeArgs<Args extends object, Defaults extends Partial<Args>>(
  component: string,
  args: Args,
  defaults: Defaults,
  rules: Rules<Args>,
): Complete<Args, Defaults> {
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
  const complete: Record<string, unknown> = { ...defaults, ...given };
  const problems: string[] = [];
  for (const [key, rule] of Object.entries<Rule | undefined>(rules)) {
    const value = complete[key];
    if (rule === undefined || value === undefined) continue;
    if (isPlain(value)) problems.push(...problemsOf(key, value, rule));
    else complete[key] = pulumi.output(value as pulumi.Input<string>).apply(accepted(component, key, rule));
  }
  if (problems.length > 0) throw wrongArgs(component, problems);
  return complete as Complete<Args, Defaults>;
}

/** Gives back a value that has become known, or throws if the rule refuses it. */
export function accepted<T>(component: string, key: string, rule: Rule): (value: T) => T {
  return (value) => {
    const problems = problemsOf(key, value, rule);
    if (problems.length > 0) throw wrongArgs(component, problems);
    return value;
  };
}

/** What is missing of arguments that only work together. */
export function incomplete<Args>(args: Args, together: readonly (keyof Args & string)[]): string[] {
  const [given] = together.filter((key) => args[key] !== undefined);
  if (given === undefined) return [];
  return together.filter((key) => args[key] === undefined).map((key) => `${key}: is needed with ${given}`);
}

/** `key: "value" is not …`, if it is not. */
export function problemsOf(key: string, value: unknown, rule: Rule): string[] {
  const shown = rule.secret === true ? "what is given" : JSON.stringify(value);
  return rule.accepts(value) ? [] : [`${key}: ${shown} is not ${rule.allowed}`];
}

/** One error for all problems, without a stack: the mistake is the caller's. */
export function wrongArgs(component: string, problems: readonly string[]): Error {
  return new pulumi.RunError(`${component} cannot be made:\n  ${problems.join("\n  ")}`);
}

/** Whether a value is known here and now, all the way down. */
export function isPlain(value: unknown): boolean {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isPlain);
}
