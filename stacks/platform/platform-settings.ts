import * as pulumi from "@pulumi/pulumi";
import { clusterProviders, type ClusterArgs } from "../../components/cluster";
import { fluxControllers, type FluxArgs } from "../../components/flux";
import type { GatewayArgs } from "../../components/gateway";
import { previewSetDefaults, previewSetFeedback, previewSetSources } from "../../components/manifests/preview-set-spec";
import type { PreviewControlArgs } from "../../components/preview-control";
import type { NgrokArgs } from "../../components/ngrok";
import { portMappings } from "../../components/port-mappings";
import type { PreviewSetArgs } from "../../components/preview-set";
import type { ProductionAppArgs } from "../../components/production-app";
import { listOf, mapOf, oneOf, rules, someOf } from "../../components/rules";
import { json, readSettings, text, unusable, type SettingsOf } from "../settings";

/** What holds for the platform as a whole. */
export interface PlatformArgs {
  /** Whether its namespaces and the production app are protected from deletion. */
  readonly protect?: boolean;
  /** How the gateway is reached from the internet: `ngrok`, or not at all. */
  readonly expose?: string;
}

/** What realises previews; all else is for the flux engine alone. */
export interface PreviewsArgs extends Partial<Omit<PreviewSetArgs, "chart" | "route">> {
  readonly engine?: string;
  readonly chartPath?: string;
}

/** How GitHub tells the cluster what happens. */
export interface WebhookArgs {
  /** Host name that GitHub reaches the gateway by. */
  readonly host?: string;
  readonly previewSecret?: string;
  readonly appSecret?: string;
  /** What says that there may be a release. */
  readonly appEvents?: string[];
}

export interface PlatformSettings {
  readonly platform: PlatformArgs;
  readonly cluster: ClusterArgs;
  readonly flux: FluxArgs;
  readonly gateway: GatewayArgs;
  readonly app: ProductionAppArgs;
  readonly control: PreviewControlArgs;
  readonly previews: PreviewsArgs;
  readonly webhooks: WebhookArgs;
  readonly ngrok: Partial<Pick<NgrokArgs, "authtoken" | "domain" | "image">>;
}

/** Which key of the configuration is which argument. Described, with their defaults, in `Pulumi.yaml`. */
const sections: { readonly [Name in keyof PlatformSettings]: SettingsOf<PlatformSettings[Name]> } = {
  platform: {
    protect: json("protect", rules.flag),
    expose: text("expose", oneOf(["ngrok"])),
  },
  cluster: {
    provider: text("cluster", oneOf(clusterProviders)),
    name: text("clusterName", rules.name),
    nodeImage: text("nodeImage", rules.image),
    workers: json("workers", rules.count),
    portMappings: json("portMappings", portMappings),
    registryConfig: text("registryConfig", rules.absolutePath),
    registryHosts: text("registryHosts", rules.absolutePath),
    loadBalancer: json("loadBalancer", rules.flag),
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
    version: text("appVersion", rules.version),
    digest: text("appDigest", rules.digest),
    verify: json("appVerify", rules.object),
    interval: text("appInterval", rules.duration),
    insecure: json("appInsecure", rules.flag),
    certSecret: text("appCertSecret", rules.name),
    pullSecret: text("appPullSecret", rules.name),
    registryUser: text("appRegistryUser", rules.nonEmpty),
    registryPassword: text("appRegistryPassword", rules.password),
    controlNamespace: text("appControlNamespace", rules.name),
    host: text("host", rules.host),
    values: json("appValues", rules.object),
    retries: json("appRetries", rules.count),
    rollback: json("appRollback", rules.flag),
    timeout: text("appTimeout", rules.duration),
  },
  ngrok: {
    authtoken: text("ngrokAuthtoken", rules.token),
    domain: text("ngrokDomain", rules.host),
    image: text("ngrokImage", rules.image),
  },
  control: {
    namespace: text("previewNamespace", rules.name),
    gitToken: text("githubToken", rules.token),
    githubAppId: text("githubAppId", rules.number),
    githubAppInstallationId: text("githubAppInstallationId", rules.number),
    githubAppPrivateKey: text("githubAppPrivateKey", rules.privateKey),
    githubAppBaseUrl: text("githubAppBaseUrl", rules.url),
    registry: text("previewRegistry", rules.registry),
    registryUser: text("previewRegistryUser", rules.nonEmpty),
    registryPassword: text("previewRegistryPassword", rules.password),
  },
  previews: {
    engine: text("previewEngine", oneOf(["automation", "flux"])),
    source: text("previewSource", oneOf(previewSetSources)),
    repository: text("previewRepository", rules.nonEmpty),
    url: text("previewRepositoryUrl", rules.nonEmpty),
    labels: json("previewLabels", someOf(rules.nonEmpty)),
    interval: text("previewInterval", rules.duration),
    limit: json("previewLimit", rules.count),
    feedback: text("previewFeedback", oneOf(previewSetFeedback)),
    certSecretName: text("previewCertSecret", rules.name),
    values: json("previewValues", rules.object),
    podSecurity: text("previewPodSecurity", oneOf(["restricted", "baseline", "privileged"])),
    quota: json("previewQuota", rules.object),
    chartPath: text("previewChartPath", rules.nonEmpty),
  },
  webhooks: {
    host: text("webhookHost", rules.webhookHost),
    previewSecret: text("previewWebhookSecret", rules.token),
    appSecret: text("appWebhookSecret", rules.token),
    appEvents: json("appWebhookEvents", someOf(rules.event)),
  },
};

/** The platform's settings from the configuration of its stack; throws one error with every problem. */
export function platformSettings(project: string, config: Readonly<Record<string, string>>): PlatformSettings {
  const settings = readSettings(project, config, sections);
  const problems = missing(settings);
  if (problems.length > 0) throw new pulumi.RunError(unusable(project, problems));
  return settings;
}

/** What the flux engine cannot do without, said before anything is registered. */
function missing({ previews, control }: PlatformSettings): string[] {
  if (previews.engine !== "flux") return [];
  const { repository, source = "github" } = previews;
  return [
    ...(repository === undefined
      ? ["previewRepository: is missing; the flux engine needs it: pulumi config set previewRepository owner/name"]
      : []),
    ...(source === "github" && control.gitToken === undefined
      ? ["githubToken: is missing; Flux Operator reads pull requests with it: pulumi config set --secret githubToken"]
      : []),
  ];
}

/** The arguments of the platform's `PreviewSet`; undefined where the driver's engine makes the previews. */
export function previewSetArgs({ previews, control, app, webhooks }: PlatformSettings): PreviewSetArgs | undefined {
  const { engine, chartPath, quota, ...set } = previews;
  if (engine !== "flux") return undefined;
  return {
    source: "github",
    repository: "",
    ...set,
    // Pulumi.yaml cannot say "none" of an object otherwise.
    ...(quota === undefined || Object.keys(quota).length === 0 ? {} : { quota }),
    ...(control.gitToken === undefined ? {} : { secretName: previewSetDefaults.secretName }),
    chart: chartPath === undefined ? {} : { path: chartPath },
    route: app.host === undefined ? {} : { host: app.host },
    ...webhookOf(previews, webhooks),
  };
}

/** Its route is that of the receiver of releases. */
function webhookOf({ source }: PreviewsArgs, { host, previewSecret }: WebhookArgs): Pick<PreviewSetArgs, "webhook"> {
  if (host === undefined || source === "admission") return {};
  return { webhook: previewSecret === undefined ? {} : { token: previewSecret } };
}
