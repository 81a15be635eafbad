import type { Program, Resource } from "../../../policy/resource.ts";
import type { Rule, Settings } from "../../../policy/rule.ts";

/** A rule's three verdicts, each with what leads to it. */
export interface Cases {
  readonly violating: readonly Case[];
  readonly passing: readonly Case[];
  readonly notApplicable: readonly Case[];
}

export interface Case {
  /** What is special about it. */
  readonly title: string;
  /** One resource, or where the rule is about a program all of them. */
  readonly given: Resource | Program;
  readonly settings?: Settings;
  /** What a violating one is told, resource by resource. */
  readonly problems?: readonly string[];
}

/** What a rule says about a case: its problems, or that it has nothing to say. */
export function verdict(rule: Rule, { given, settings }: Case): readonly string[] | "not applicable" {
  const all = { ...defaultSettings(rule), ...settings };
  if (rule.checks === "resource") {
    if (!("props" in given)) throw new Error(`${rule.name} is about one resource`);
    return rule.applies(given, all) ? rule.problems(given, all) : "not applicable";
  }
  const program = "props" in given ? { resources: [given] } : given;
  if (!rule.applies(program, all)) return "not applicable";
  return rule.problems(program, all).map(({ problem }) => problem);
}

/** What a rule is told where the configuration does not say. */
export function defaultSettings(rule: Rule): Settings {
  const defaults = Object.entries(rule.settings ?? {}).map(([name, setting]) => [name, setting.default] as const);
  return Object.fromEntries(defaults);
}

type Properties = Readonly<Record<string, unknown>>;

/** A resource with other properties: objects are merged, `undefined` takes away, everything else replaces. */
export function changed(
  resource: Resource,
  props: Properties,
  others: Partial<Omit<Resource, "props">> = {},
): Resource {
  return { ...resource, ...others, props: merged(resource.props, props) };
}

function merged(base: Properties, change: Properties): Properties {
  const both = Object.entries(change).map(([key, value]) => {
    const old = base[key];
    return [key, isProperties(old) && isProperties(value) ? merged(old, value) : value] as const;
  });
  return Object.fromEntries(
    Object.entries({ ...base, ...Object.fromEntries(both) }).filter(([, value]) => value !== undefined),
  );
}

function isProperties(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A Kubernetes object in a stack: by default in the workload namespace of the preview that the stack is named after. */
export function object(
  apiVersion: string,
  kind: string,
  props: Properties,
  { stack = "pr-41", namespace = "pr-41" }: { readonly stack?: string; readonly namespace?: string } = {},
): Resource {
  const type = `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
  return {
    type,
    name: "it",
    urn: `urn:pulumi:${stack}::previews::${type}::it`,
    props: merged({ apiVersion, kind, metadata: { name: "it", namespace } }, props),
    protect: false,
    secretPaths: [],
  };
}

/** A Deployment of a preview with these fields in its pod. */
export function pod(spec: Properties, container: Properties = {}): Resource {
  const containers = [{ name: "app", image: "registry.example.com/app:v1", ...container }];
  return object("apps/v1", "Deployment", { spec: { template: { spec: { containers, ...spec } } } });
}

export const inProduction = { stack: "dev", namespace: "app" };
