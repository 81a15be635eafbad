import * as pulumi from "@pulumi/pulumi";
import { problemsOf, type Rule } from "../components/complete-args";

/** How one configuration key becomes an argument. */
export interface Setting {
  readonly key: string;
  /** What the raw text stands for. Structures are JSON, as Pulumi hands them over. */
  readonly type: "string" | "json";
  readonly rule: Rule;
}

/** Which keys make the arguments of one component. */
export type SettingsOf<Args> = { readonly [Name in keyof Args]?: Setting };

/** A setting that is text. */
export function text(key: string, rule: Rule): Setting {
  return { key, type: "string", rule };
}

/** A setting that is a number, a flag, a list or an object. */
export function json(key: string, rule: Rule): Setting {
  return { key, type: "json", rule };
}

/**
 * Reads the arguments of several components from a project's configuration. An empty value (text or object) stands for none. Throws one
 * error with every problem, unknown keys among them, before anything is registered.
 */
export function readSettings<Sections extends object>(
  project: string,
  config: Readonly<Record<string, string>>,
  sections: { readonly [Name in keyof Sections]: SettingsOf<Sections[Name]> },
): Sections {
  const values = ownValues(project, config);
  const problems: string[] = [];
  const all = sections as Readonly<Record<string, Section>>;
  const read = Object.entries(all).map(([name, section]) => [name, readSection(section, values, problems)]);
  problems.push(...unknownKeys(Object.keys(values), all));
  if (problems.length > 0) throw new pulumi.RunError(unusable(project, problems));
  return Object.fromEntries(read) as Sections;
}

/** One message for all that is wrong with a project's configuration. */
export function unusable(project: string, problems: readonly string[]): string {
  return `the configuration of ${project} cannot be used:\n  ${problems.join("\n  ")}`;
}

function ownValues(project: string, config: Readonly<Record<string, string>>): Record<string, string> {
  const prefix = `${project}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

type Section = Readonly<Record<string, Setting>>;

function readSection(
  section: Section,
  values: Readonly<Record<string, string>>,
  problems: string[],
): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const [name, { key, type, rule }] of Object.entries(section)) {
    const raw = values[key];
    if (raw === undefined || raw === "" || raw === "{}") continue;
    const value = type === "json" ? parse(raw) : raw;
    problems.push(...problemsOf(key, value, rule));
    args[name] = rule.secret === true ? pulumi.secret(value) : value;
  }
  return args;
}

/** Text that is no JSON is left as it is, for the rule to refuse. */
function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

function unknownKeys(given: readonly string[], sections: Readonly<Record<string, Section>>): string[] {
  const known = Object.values(sections).flatMap((section) => Object.values(section).map(({ key }) => key));
  const unknown = given.filter((key) => !known.includes(key));
  return unknown.map((key) => `${key}: is not a setting; settings are ${known.sort().join(", ")}`);
}
