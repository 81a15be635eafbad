import { checkResources, type Violation } from "./check-resources";
import { withControlNamespace } from "./control-namespaces";
import { packConfigProblems, type PackConfig } from "./pack-config";
import { registeredResource, type Registration } from "./registered-resource";
import { rules } from "./rules";

// What `previews` calls before it touches a preview. A pack with these three functions in this file can be checked by it
// without Pulumi's engine.

/** Everything that is wrong with a configuration of the pack, each with its key and what is allowed. */
export function configProblems(config: PackConfig): string[] {
  return packConfigProblems(config, rules);
}

/** A configuration with what the driver knows, where it does not say otherwise. */
export function configFor(config: PackConfig, known: { readonly controlNamespace: string }): PackConfig {
  return withControlNamespace(config, known.controlNamespace, rules);
}

/** Runs every rule over what a program registers. */
export function checkProgram(registrations: readonly Registration[], config: PackConfig): Violation[] {
  return checkResources({ resources: registrations.map(registeredResource) }, config);
}
