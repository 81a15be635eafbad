import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitCondition } from "./await-condition";
import { completeArgs, type Complete } from "./complete-args";
import { appRoleRules } from "./manifests/app-role";
import { platformNamespace } from "./manifests/platform-namespace";
import { previewDefaults } from "./manifests/preview-spec";
import { protection } from "./protection";
import { rules } from "./rules";

export interface ProductionAppArgs {
  /** Namespace of the app and its Flux objects. Default: `app`. */
  namespace?: string;
  /** Name of the app: its Helm release and Flux objects. Default: `kbot`. */
  appName?: string;
  /** The app's chart in an OCI registry. Default: `oci://ghcr.io/den-vasyliev/charts/kbot`. */
  chart?: pulumi.Input<string>;
  /** Which chart versions to follow. A range without a pre-release excludes pre-releases. Default: `>2.2.0`. */
  semver?: pulumi.Input<string>;
  /** How often Flux looks for a new version. Default: `1m`. */
  interval?: pulumi.Input<string>;
  /** Whether the registry speaks plain HTTP. Default: `false`. */
  insecure?: pulumi.Input<boolean>;
  /** Secret with the registry's CA, in the app's namespace (Flux's `certSecretRef`). Default: none. */
  certSecret?: pulumi.Input<string>;
  /** Secret with the registry's credentials, in the app's namespace (Flux's `secretRef`). Default: none. */
  pullSecret?: pulumi.Input<string>;
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
  timeout: "5m",
} satisfies ProductionAppArgs;

type ProductionSettings = Complete<ProductionAppArgs, typeof defaults>;

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
    const deployer = appDeployer(this, app, namespace);
    const chart = new k8s.apiextensions.CustomResource("chart", ociRepository(app), {
      parent: this,
      dependsOn: [namespace],
    });
    const release = new k8s.apiextensions.CustomResource("release", helmRelease(app), {
      parent: this,
      dependsOn: [chart, ...deployer],
      ...protection(opts),
    });
    this.namespace = release.metadata.namespace;
    this.url = pulumi.interpolate`http://${app.host}/`;
    this.registerOutputs({ url: this.url, namespace: this.namespace });
  }
}

function productionSettings(name: string, args: ProductionAppArgs): ProductionSettings {
  return completeArgs(`ProductionApp "${name}"`, args, defaults, {
    namespace: rules.name,
    appName: rules.name,
    chart: rules.ociChart,
    semver: rules.nonEmpty,
    interval: rules.duration,
    insecure: rules.flag,
    certSecret: rules.name,
    pullSecret: rules.name,
    host: rules.host,
    gatewayName: rules.name,
    gatewayNamespace: rules.name,
    retries: rules.count,
    timeout: rules.duration,
  });
}

const DEPLOYER = "flux";

/** The identity helm-controller takes on: what a chart needs in this namespace, and nothing elsewhere. */
function appDeployer(parent: ProductionApp, app: ProductionSettings, namespace: pulumi.Resource): pulumi.Resource[] {
  const metadata = { name: DEPLOYER, namespace: app.namespace };
  const opts = { parent, dependsOn: [namespace] };
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    new k8s.core.v1.ServiceAccount("service-account", { metadata, automountServiceAccountToken: false }, opts),
    new k8s.rbac.v1.Role("role", { metadata, rules: appRoleRules() }, opts),
    new k8s.rbac.v1.RoleBinding(
      "role-binding",
      {
        metadata,
        roleRef: { apiGroup, kind: "Role", name: DEPLOYER },
        subjects: [{ kind: "ServiceAccount", ...metadata }],
      },
      opts,
    ),
  ];
}

function ociRepository(app: ProductionSettings): k8s.apiextensions.CustomResourceArgs {
  const { chart, semver, interval, insecure, certSecret, pullSecret } = app;
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "OCIRepository",
    metadata: { name: app.appName, namespace: app.namespace, annotations: awaitCondition("Ready") },
    spec: {
      url: chart,
      interval,
      insecure,
      ref: { semver },
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
      ...(certSecret === undefined ? {} : { certSecretRef: { name: certSecret } }),
      ...(pullSecret === undefined ? {} : { secretRef: { name: pullSecret } }),
    },
  };
}

function helmRelease(app: ProductionSettings): k8s.apiextensions.CustomResourceArgs {
  const { appName, namespace, interval, timeout, retries, host, gatewayName, gatewayNamespace } = app;
  const gateway = { host, path: "/", name: gatewayName, namespace: gatewayNamespace };
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: appName, namespace, annotations: awaitCondition("Ready") },
    spec: {
      releaseName: appName,
      serviceAccountName: DEPLOYER,
      interval,
      timeout,
      chartRef: { kind: "OCIRepository", name: appName },
      install: { remediation: { retries } },
      // The last failure too is rolled back: production keeps answering with the version that worked.
      upgrade: { cleanupOnFail: true, remediation: { retries, strategy: "rollback", remediateLastFailure: true } },
      values: pulumi.output(app.values ?? {}).apply((values) => ({ ...values, gateway })),
    },
  };
}
