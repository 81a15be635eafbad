import { clusterProviders, type ClusterArgs } from "../../components/cluster";
import { fluxControllers, type FluxArgs } from "../../components/flux";
import type { GatewayArgs } from "../../components/gateway";
import type { PreviewControlArgs } from "../../components/preview-control";
import type { ProductionAppArgs } from "../../components/production-app";
import { listOf, mapOf, oneOf, rules, someOf } from "../../components/rules";
import { json, readSettings, text, type SettingsOf } from "../settings";

/** What holds for the platform as a whole. */
export interface PlatformArgs {
  /** Whether its namespaces and the production app are protected from deletion. */
  readonly protect?: boolean;
}

export interface PlatformSettings {
  readonly platform: PlatformArgs;
  readonly cluster: ClusterArgs;
  readonly flux: FluxArgs;
  readonly gateway: GatewayArgs;
  readonly app: ProductionAppArgs;
  readonly previews: PreviewControlArgs;
}

/** Which key of the configuration is which argument. Described, with their defaults, in `Pulumi.yaml`. */
const sections: { readonly [Name in keyof PlatformSettings]: SettingsOf<PlatformSettings[Name]> } = {
  platform: {
    protect: json("protect", rules.flag),
  },
  cluster: {
    provider: text("cluster", oneOf(clusterProviders)),
    name: text("clusterName", rules.name),
    nodeImage: text("nodeImage", rules.image),
    kubeconfig: text("kubeconfig", rules.kubeconfig),
    context: text("context", rules.nonEmpty),
  },
  flux: {
    namespace: text("fluxNamespace", rules.name),
    chart: text("fluxOperatorChart", rules.chart),
    chartVersion: text("fluxOperatorVersion", rules.version),
    values: json("fluxOperatorValues", rules.object),
    version: text("fluxVersion", rules.nonEmpty),
    registry: text("fluxRegistry", rules.nonEmpty),
    variant: text("fluxVariant", rules.nonEmpty),
    artifact: text("fluxArtifact", rules.ociChart),
    components: json("fluxComponents", someOf(oneOf(fluxControllers))),
    images: json("fluxImages", mapOf(rules.image)),
    patches: json("fluxPatches", listOf(rules.object)),
  },
  gateway: {
    namespace: text("gatewayNamespace", rules.name),
    gatewayName: text("gatewayName", rules.name),
    chart: text("gatewayChart", rules.chart),
    chartVersion: text("gatewayVersion", rules.version),
    values: json("gatewayValues", rules.object),
    controllerImage: text("gatewayControllerImage", rules.image),
    proxyImage: text("gatewayProxyImage", rules.image),
  },
  app: {
    namespace: text("appNamespace", rules.name),
    appName: text("appName", rules.name),
    chart: text("appChart", rules.ociChart),
    semver: text("appSemver", rules.nonEmpty),
    interval: text("appInterval", rules.duration),
    insecure: json("appInsecure", rules.flag),
    certSecret: text("appCertSecret", rules.name),
    pullSecret: text("appPullSecret", rules.name),
    host: text("host", rules.host),
    values: json("appValues", rules.object),
  },
  previews: {
    namespace: text("previewNamespace", rules.name),
    gitToken: text("githubToken", rules.token),
  },
};

/** The platform's settings from the configuration of its stack; throws one error with every problem. */
export function platformSettings(project: string, config: Readonly<Record<string, string>>): PlatformSettings {
  return readSettings(project, config, sections);
}
