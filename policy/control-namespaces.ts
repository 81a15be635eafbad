import type { PackConfig } from "./pack-config";
import { isObject } from "./resource";
import type { Rule } from "./rule";

/** Setting of the rules that need to know where the Flux objects of previews lie. */
export const controlNamespaces = {
  description: "Control namespaces of previews",
  default: ["app-preview"],
} as const;

/** A configuration in which those rules know the control namespace, unless it tells them otherwise. */
export function withControlNamespace(config: PackConfig, namespace: string, rules: readonly Rule[]): PackConfig {
  const told = rules.flatMap(({ name, settings }) => {
    if (settings === undefined || !("controlNamespaces" in settings)) return [];
    const given = config[name];
    const rest = isObject(given) ? given : given === undefined ? {} : { enforcementLevel: given };
    return [[name, { controlNamespaces: [namespace], ...rest }] as const];
  });
  return { ...config, ...Object.fromEntries(told) };
}
