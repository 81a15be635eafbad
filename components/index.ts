// The package's one entry. By name, not `export *`: ES modules that import this CommonJS package see only names that are
// written out. Every component here is also offered to other languages, through PulumiPlugin.yaml.
export { Cluster, clusterProviders, type ClusterArgs } from "./cluster";
export type { ClusterPortMapping } from "./port-mappings";
export { Flux, fluxControllers, type FluxArgs } from "./flux";
export { Gateway, type GatewayArgs } from "./gateway";
export { Ngrok, type NgrokArgs } from "./ngrok";
export { PreviewControl, type PreviewControlArgs } from "./preview-control";
export {
  PreviewEnvironment,
  type PreviewChartArgs,
  type PreviewEnvironmentArgs,
  type PreviewGatewayArgs,
  type PreviewRouteArgs,
  type PreviewSourceArgs,
} from "./preview-environment";
export { PreviewSet, type PreviewSetArgs, type PreviewSetWebhookArgs } from "./preview-set";
export { ProductionApp, type ProductionAppArgs } from "./production-app";
export type { ProductionSignerArgs, ProductionVerifyArgs } from "./chart-signatures";
export {
  Repository,
  type ReceiverAddressArgs,
  type RepositoryArgs,
  type RepositoryHookArgs,
  type RepositoryProtectionArgs,
} from "./repository";
export {
  WebhookReceiver,
  type HastenedObjectArgs,
  type WebhookReceiverArgs,
  type WebhookRouteArgs,
} from "./webhook-receiver";
