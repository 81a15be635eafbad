import { isPlatformNamespace, isProduction, productionNamespaces } from "../platform-scope";
import type { ResourceRule } from "../rule";

export const platformNamespacesAreProtected: ResourceRule = {
  name: "platform-namespaces-are-protected",
  description: "Namespaces of the platform are protected from deletion.",
  scope: "Namespaces of the platform; those of production have a rule of their own",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Set the option `protect: true`, as the components do. To take the platform down on purpose, run `pulumi state unprotect` first.",
  settings: { namespaces: productionNamespaces },
  checks: "resource",
  applies: (resource, settings) => isPlatformNamespace(resource) && !isProduction(resource, settings),
  problems: ({ protect }) => (protect ? [] : ["it is not protected: deleting it deletes everything inside"]),
};
