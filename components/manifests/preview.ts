// By name, not `export *`: ES modules that import this CommonJS package see only names that are written out.
export { sourceName } from "./preview-delivery";
export { LABEL_PREFIX, MANAGED_BY, ownerLabels, previewAnnotations, previewLabels } from "./preview-metadata";
export { parsePreviewName, previewName, type PreviewIdentity } from "./preview-name";
export {
  previewObjects,
  specHash,
  type PreviewObjects,
  type RoleBindingObject,
  type RoleObject,
} from "./preview-objects";
export { assertPreviewSpec, previewProblems } from "./preview-problems";
export { previewRoute, type RoutedAt } from "./preview-route";
export {
  previewDefaults,
  type GatewayReference,
  type PodSecurityLevel,
  type PreviewChart,
  type PreviewRoute,
  type PreviewSource,
  type PreviewSpec,
} from "./preview-spec";
export { COMPONENT_VERSION } from "./spec-hash";
