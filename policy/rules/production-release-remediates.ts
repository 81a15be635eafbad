import { isProduction, productionNamespaces } from "../platform-scope";
import { remediates } from "../remediation";
import { at, isKind } from "../resource";
import type { ResourceRule } from "../rule";

export const productionReleaseRemediates: ResourceRule = {
  name: "production-release-remediates",
  description: "In production a HelmRelease says what happens after a failed install or upgrade.",
  scope: "HelmReleases of production",
  severity: "medium",
  enforcementLevel: "mandatory",
  remediation:
    "Set spec.install.remediation.retries and spec.upgrade.remediation.retries, with strategy rollback: production then keeps answering with the version that worked.",
  settings: { namespaces: productionNamespaces },
  checks: "resource",
  applies: (resource, settings) =>
    isKind(resource, "helm.toolkit.fluxcd.io", "HelmRelease") && isProduction(resource, settings),
  problems: ({ props }) =>
    ["install", "upgrade"]
      .filter((action) => !remediates(at(props, "spec", action)))
      .map((action) => `spec.${action} has neither remediation.retries nor strategy RetryOnFailure`),
};
