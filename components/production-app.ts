import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitCondition } from "./await-condition";
import { chartVerification, signatures, type ProductionVerifyArgs } from "./chart-signatures";
import { completeArgs, incomplete, isPlain, wrongArgs, type Complete } from "./complete-args";
import { controlNamespace } from "./control-namespace";
import { appRoleRules } from "./manifests/app-role";
import { platformNamespace } from "./manifests/platform-namespace";
import { previewDefaults } from "./manifests/preview-spec";
import { registryOf } from "./manifests/registry-login";
import { protection } from "./protection";
import { registryLogin } from "./registry-login";
import { rules } from "./rules";

/** What a {@link ProductionApp} is given. */
export interface ProductionAppArgs {
  /** Namespace of the app. Default: `app`. */
  namespace?: string;
  /** Name of the app: its Helm release and Flux objects. Default: `kbot`. */
  appName?: string;
  /** The app's chart in an OCI registry. Default: `oci://ghcr.io/den-vasyliev/charts/kbot`. */
  chart?: pulumi.Input<string>;
  /** Which chart versions to follow. A range without a pre-release excludes pre-releases. Default: `>2.2.0`. */
  semver?: pulumi.Input<string>;
  /**
   * Stays at exactly this chart version, up or down, and no longer follows `semver`: the way back to an earlier
   * release. A tag can be pushed anew; where that must not count, give `digest`. Default: none.
   */
  version?: pulumi.Input<string>;
  /**
   * Stays at exactly this content: the digest of the chart's manifest, as `helm push` prints it. Wins over `version` and
   * `semver`; what the registry answers is verified against it. Default: none.
   *
   * @example "sha256:0f1e…"
   */
  digest?: pulumi.Input<string>;
  /** Signature a chart must carry. What is not signed so is not deployed; the last verified version stays. Default: none. */
  verify?: ProductionVerifyArgs;
  /** How often Flux looks for a new version. Default: `1m`. */
  interval?: pulumi.Input<string>;
  /** Whether the registry speaks plain HTTP. Default: `false`. */
  insecure?: pulumi.Input<boolean>;
  /** Secret with the registry's CA, beside the Flux objects (Flux's `certSecretRef`). Default: none. */
  certSecret?: pulumi.Input<string>;
  /** Secret with the registry's credentials, beside the Flux objects (Flux's `secretRef`). Default: none. */
  pullSecret?: pulumi.Input<string>;
  /** User of the chart's registry, instead of `pullSecret`: the Secret is then made here. Default: none. */
  registryUser?: pulumi.Input<string>;
  /** Password, or token, of that user. Kept as a secret. Needed with `registryUser`. */
  registryPassword?: pulumi.Input<string>;
  /**
   * Namespace of the app's Flux objects, made here, in which no pod runs. Default: the app's own namespace, but where
   * there are credentials for the registry `<namespace>-control`, since none may sit beside the app's pods.
   */
  controlNamespace?: string;
  /** Host name of the app. Default: `kbot.example.com`. */
  host?: pulumi.Input<string>;
  /** Gateway the chart's HTTPRoute attaches to. Default: `gateway`. */
  gatewayName?: pulumi.Input<string>;
  /** Namespace of that Gateway. Default: `envoy-gateway-system`. */
  gatewayNamespace?: pulumi.Input<string>;
  /** More values for the chart; `gateway` is ours. Default: none. */
  values?: pulumi.Input<pulumi.Inputs>;
  /** How often a failed install or upgrade is tried again before it stays failed, or rolled back. Default: 3. */
  retries?: pulumi.Input<number>;
  /**
   * Whether an upgrade that failed for the last time is rolled back, as it is before every retry. `false` leaves it for
   * people to look at, with what it has broken, until the next version comes. Default: `true`.
   */
  rollback?: pulumi.Input<boolean>;
  /** How long one Helm action may take. Default: `5m`. */
  timeout?: string;
}

const defaults = {
  namespace: "app",
  appName: "kbot",
  chart: "oci://ghcr.io/den-vasyliev/charts/kbot",
  semver: ">2.2.0",
  interval: "1m",
  insecure: false,
  host: previewDefaults.route.host,
  gatewayName: previewDefaults.route.gateway.name,
  gatewayNamespace: previewDefaults.route.gateway.namespace,
  retries: 3,
  rollback: true,
  timeout: "5m",
} satisfies ProductionAppArgs;

type ProductionSettings = Complete<ProductionAppArgs, typeof defaults> & { readonly controlNamespace: string };

/**
 * The app as users know it: Flux follows the newest chart version of a range and rolls back what does not become ready.
 * The chart brings its own HTTPRoute, driven by the values `gateway.host`, `.path`, `.name` and `.namespace`.
 *
 * @example
 * new ProductionApp("app", { semver: "~2.3" }, { provider: cluster.provider, dependsOn: [flux, gateway] });
 */
export class ProductionApp extends pulumi.ComponentResource {
  /** Where the app answers, once the host name resolves to the gateway's address. */
  public readonly url: pulumi.Output<string>;
  /** Namespace of the app. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: ProductionAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:ProductionApp", name, {}, opts);
    const app = productionSettings(name, args);
    const namespace = new k8s.core.v1.Namespace("namespace", platformNamespace(app.namespace), {
      parent: this,
      ...protection(opts),
    });
    const control =
      app.controlNamespace === app.namespace
        ? namespace
        : controlNamespace("control-namespace", app.controlNamespace, { parent: this, ...protection(opts) });
    const deployer = appDeployer(this, app, namespace, control);
    const login = chartLogin(this, app, control);
    const verify = chartVerification(this, title(name), app, control);
    const chart = new k8s.apiextensions.CustomResource("chart", ociRepository(app, login, verify), {
      parent: this,
      dependsOn: [control],
    });
    const release = new k8s.apiextensions.CustomResource("release", helmRelease(app), {
      parent: this,
      dependsOn: [chart, ...deployer],
      ...protection(opts),
    });
    this.namespace = release.id.apply(() => app.namespace);
    this.url = pulumi.interpolate`http://${app.host}/`;
    this.registerOutputs({ url: this.url, namespace: this.namespace });
  }
}

function title(name: string): string {
  return `ProductionApp "${name}"`;
}

function productionSettings(name: string, args: ProductionAppArgs): ProductionSettings {
  const app = completeArgs(title(name), args, defaults, {
    namespace: rules.name,
    appName: rules.name,
    chart: rules.ociChart,
    semver: rules.nonEmpty,
    version: rules.version,
    digest: rules.digest,
    ...(isPlain(args.verify) ? { verify: signatures } : {}),
    interval: rules.duration,
    insecure: rules.flag,
    certSecret: rules.name,
    pullSecret: rules.name,
    registryUser: rules.nonEmpty,
    registryPassword: rules.password,
    controlNamespace: rules.name,
    host: rules.host,
    gatewayName: rules.name,
    gatewayNamespace: rules.name,
    retries: rules.count,
    rollback: rules.flag,
    timeout: rules.duration,
  });
  const problems = [
    ...incomplete(app, ["registryUser", "registryPassword"]),
    ...(app.pullSecret !== undefined && app.registryUser !== undefined
      ? ["pullSecret: is not needed beside registryUser, give one of the two"]
      : []),
  ];
  if (problems.length > 0) throw wrongArgs(title(name), problems);
  const credentials = app.pullSecret ?? app.registryUser;
  return {
    ...app,
    controlNamespace: app.controlNamespace ?? `${app.namespace}${credentials === undefined ? "" : "-control"}`,
  };
}

/** The credentials Flux pulls the chart with; the name of their Secret. */
function chartLogin(
  parent: ProductionApp,
  app: ProductionSettings,
  control: pulumi.Resource,
): pulumi.Input<string> | undefined {
  const { appName, chart, registryUser, registryPassword = "" } = app;
  if (registryUser === undefined) return app.pullSecret;
  const metadata = { name: `${appName}-registry`, namespace: app.controlNamespace };
  const login = registryLogin(metadata, pulumi.output(chart).apply(registryOf), registryUser, registryPassword);
  return new k8s.core.v1.Secret("registry-credentials", login, { parent, dependsOn: [control] }).metadata.name;
}

const DEPLOYER = "flux";

/** The identity helm-controller takes on: what a chart needs in the app's namespace, and nothing elsewhere. */
function appDeployer(
  parent: ProductionApp,
  app: ProductionSettings,
  namespace: pulumi.Resource,
  control: pulumi.Resource,
): pulumi.Resource[] {
  const metadata = { name: DEPLOYER, namespace: app.namespace };
  const identity = { name: DEPLOYER, namespace: app.controlNamespace };
  const opts = { parent, dependsOn: [namespace] };
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    new k8s.core.v1.ServiceAccount(
      "service-account",
      { metadata: identity, automountServiceAccountToken: false },
      { parent, dependsOn: [control] },
    ),
    new k8s.rbac.v1.Role("role", { metadata, rules: appRoleRules() }, opts),
    new k8s.rbac.v1.RoleBinding(
      "role-binding",
      {
        metadata,
        roleRef: { apiGroup, kind: "Role", name: DEPLOYER },
        subjects: [{ kind: "ServiceAccount", ...identity }],
      },
      opts,
    ),
  ];
}

function ociRepository(
  app: ProductionSettings,
  pullSecret: pulumi.Input<string> | undefined,
  verify: pulumi.Inputs | undefined,
): k8s.apiextensions.CustomResourceArgs {
  const { chart, interval, insecure, certSecret } = app;
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "OCIRepository",
    metadata: { name: app.appName, namespace: app.controlNamespace, annotations: awaitCondition("Ready") },
    spec: {
      url: chart,
      interval,
      insecure,
      ref: chartReference(app),
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
      ...(certSecret === undefined ? {} : { certSecretRef: { name: certSecret } }),
      ...(pullSecret === undefined ? {} : { secretRef: { name: pullSecret } }),
      ...(verify === undefined ? {} : { verify }),
    },
  };
}

/** The one thing that decides which chart it is. For Flux a digest wins over a range, and a range over a tag. */
function chartReference({ semver, version, digest }: ProductionSettings): pulumi.Inputs {
  if (digest !== undefined) return { digest };
  if (version === undefined) return { semver };
  // Registries allow no "+" in a tag: Helm writes "_" there.
  return { tag: pulumi.output(version).apply((exact) => exact.replace("+", "_")) };
}

function helmRelease(app: ProductionSettings): k8s.apiextensions.CustomResourceArgs {
  const { appName, namespace, interval, timeout, retries, rollback, host, gatewayName, gatewayNamespace } = app;
  const gateway = { host, path: "/", name: gatewayName, namespace: gatewayNamespace };
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: appName, namespace: app.controlNamespace, annotations: awaitCondition("Ready") },
    spec: {
      releaseName: appName,
      ...(app.controlNamespace === namespace ? {} : { targetNamespace: namespace, storageNamespace: namespace }),
      serviceAccountName: DEPLOYER,
      interval,
      timeout,
      chartRef: { kind: "OCIRepository", name: appName },
      install: { remediation: { retries } },
      // The last failure too is rolled back: production keeps answering with the version that worked.
      upgrade: {
        cleanupOnFail: true,
        remediation: { retries, strategy: "rollback", remediateLastFailure: rollback },
      },
      values: pulumi.output(app.values ?? {}).apply((values) => ({ ...values, gateway })),
    },
  };
}
