import { propertiesOf } from "../property-path";
import { isSecret, STACK, type Resource } from "../resource";
import type { ProgramRule } from "../rule";
import { secretLooks } from "../secret-looks";

export const noPlainSecretOutputs: ProgramRule = {
  name: "no-plain-secret-outputs",
  description: "No output of a stack gives away a secret in plain text.",
  scope: "Outputs of every stack",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Wrap the output in `pulumi.secret(…)`, or leave it out.",
  checks: "program",
  applies: ({ resources }) => stackOf(resources) !== undefined,
  problems({ resources }) {
    const stack = stackOf(resources);
    return [...propertiesOf(stack?.props)].flatMap((property) => {
      const looks = secretLooks(property);
      if (stack === undefined || looks === undefined || isSecret(stack, property.path)) return [];
      return [{ resource: stack, problem: `output ${property.path} ${looks}` }];
    });
  },
};

/** The stack itself, whose properties are its outputs, if it is known which of them are secret. */
function stackOf(resources: readonly Resource[]): Resource | undefined {
  return resources.find(({ type, secretPaths }) => type === STACK && secretPaths !== undefined);
}
