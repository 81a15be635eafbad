import { propertiesOf } from "../property-path";
import { isKind, isSecret, kubernetesObject, STACK, type Resource } from "../resource";
import type { ResourceRule } from "../rule";
import { secretLooks } from "../secret-looks";

export const noPlainSecrets: ResourceRule = {
  name: "no-plain-secrets",
  description:
    "No resource is given a secret in plain text: neither what is named like one nor what looks like a token.",
  scope: "Inputs of every resource",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Keep the value in the configuration with `pulumi config set --secret`, read it with `requireSecret`, and give it to Kubernetes in a Secret that the object refers to.",
  checks: "resource",
  applies: (resource) => resource.type !== STACK && (showsInputs(resource) || knowsSecrets(resource)),

  problems(resource) {
    return [...propertiesOf(resource.props)].flatMap((property) => {
      const looks = secretLooks(property);
      if (looks === undefined) return [];
      if (showsInputs(resource))
        return [`${property.path} ${looks}, and Kubernetes shows it to all who can read the object`];
      return isSecret(resource, property.path) ? [] : [`${property.path} ${looks}, and is not marked as secret`];
    });
  },
};

/** Secret to Pulumi or not, Kubernetes keeps these objects as plain text. */
function showsInputs(resource: Resource): boolean {
  return kubernetesObject(resource) !== undefined && !isKind(resource, "", "Secret");
}

function knowsSecrets({ secretPaths }: Resource): boolean {
  return secretPaths !== undefined;
}
