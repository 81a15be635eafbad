import { isProduction, productionNamespaces } from "../platform-scope";
import { isKind } from "../resource";
import type { ResourceRule } from "../rule";

export const productionIsProtected: ResourceRule = {
  name: "production-is-protected",
  description: "In production, namespaces and HelmReleases keep Pulumi's `protect`.",
  scope: "Namespaces and HelmReleases of production",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Leave the option `protect: true` in place. To take production down on purpose, run `pulumi state unprotect` for this resource.",
  settings: { namespaces: productionNamespaces },
  checks: "resource",
  applies: (resource, settings) =>
    (isKind(resource, "", "Namespace") || isKind(resource, "helm.toolkit.fluxcd.io", "HelmRelease")) &&
    isProduction(resource, settings),
  problems: ({ protect }) => (protect ? [] : ["it is not protected: one `pulumi destroy` would take production down"]),
};
