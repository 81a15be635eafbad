import type { Rule } from "./rule";
import { noPlainSecretConfig } from "./rules/no-plain-secret-config";
import { noPlainSecretOutputs } from "./rules/no-plain-secret-outputs";
import { noPlainSecrets } from "./rules/no-plain-secrets";
import { platformChartsArePinned } from "./rules/platform-charts-are-pinned";
import { platformNamespacesAreProtected } from "./rules/platform-namespaces-are-protected";
import { previewAddsNoCapabilities } from "./rules/preview-adds-no-capabilities";
import { previewHasNoHostNamespaces } from "./rules/preview-has-no-host-namespaces";
import { previewHasNoHostPaths } from "./rules/preview-has-no-host-paths";
import { previewImagesAreTagged } from "./rules/preview-images-are-tagged";
import { previewIsNotPrivileged } from "./rules/preview-is-not-privileged";
import { previewNamespaceIsBounded } from "./rules/preview-namespace-is-bounded";
import { previewReleaseIsBounded } from "./rules/preview-release-is-bounded";
import { previewRightsAreNarrow } from "./rules/preview-rights-are-narrow";
import { previewServicesStayInside } from "./rules/preview-services-stay-inside";
import { previewSourceIsPinned } from "./rules/preview-source-is-pinned";
import { previewStaysInItsNamespaces } from "./rules/preview-stays-in-its-namespaces";
import { productionChartIsTrusted } from "./rules/production-chart-is-trusted";
import { productionIsProtected } from "./rules/production-is-protected";
import { productionReleaseRemediates } from "./rules/production-release-remediates";

/** Every rule of the pack, in the order of the README. */
export const rules: readonly Rule[] = [
  previewNamespaceIsBounded,
  previewRightsAreNarrow,
  previewStaysInItsNamespaces,
  previewReleaseIsBounded,
  previewSourceIsPinned,
  previewIsNotPrivileged,
  previewHasNoHostNamespaces,
  previewHasNoHostPaths,
  previewAddsNoCapabilities,
  previewImagesAreTagged,
  previewServicesStayInside,
  productionChartIsTrusted,
  productionReleaseRemediates,
  productionIsProtected,
  platformChartsArePinned,
  platformNamespacesAreProtected,
  noPlainSecrets,
  noPlainSecretOutputs,
  noPlainSecretConfig,
];
