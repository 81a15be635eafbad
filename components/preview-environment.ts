import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitCondition } from "./await-condition";
import { isPlain, wrongArgs } from "./complete-args";
import { isDuration } from "./manifests/kubernetes-syntax";
import { GIT_REPOSITORY, HELM_RELEASE, type HelmReleaseObject } from "./manifests/preview-delivery";
import { previewName } from "./manifests/preview-name";
import { previewObjects, type PreviewObjects } from "./manifests/preview-objects";
import { previewProblems } from "./manifests/preview-problems";
import { previewRoute } from "./manifests/preview-route";
import { previewDefaults, type PreviewSpec } from "./manifests/preview-spec";

/** What a {@link PreviewEnvironment} is given. */
export interface PreviewEnvironmentArgs {
  /** Pull request number, from 1. Names the workload namespace, `pr-41`. */
  number: number;
  /** Name of the app, where the repository has several: the preview is then `pr-41-<app>`. Default: none. */
  app?: string;
  /** Repository the pull request is opened against: `owner/name`. */
  repository: pulumi.Input<string>;
  /** Head commit: the full sha. */
  sha: pulumi.Input<string>;
  /** Head branch, for people to read. Default: empty. */
  branch?: pulumi.Input<string>;
  /** What realises the preview, `automation` or `flux`. Default: `automation`. */
  engine?: pulumi.Input<string>;
  /** Namespace of the Flux objects, see `PreviewControl`. Default: `app-preview`. */
  controlNamespace?: pulumi.Input<string>;
  /** Where the commit is cloned from. */
  source: PreviewSourceArgs;
  /** The chart in that commit. */
  chart?: PreviewChartArgs;
  /** More values for the chart; `image.tag` and `gateway` are ours. Default: none. */
  values?: pulumi.Input<pulumi.Inputs>;
  /** Where the preview answers. */
  route?: PreviewRouteArgs;
  /** Pod Security level of the workload namespace: `restricted`, `baseline` or `privileged`. Default: `restricted`. */
  podSecurity?: pulumi.Input<string>;
  /** Hard limits of the workload namespace, all of them. Default: 20 pods, 2 CPUs and 2 GiB requested, see the docs. */
  quota?: pulumi.Input<{ [resource: string]: pulumi.Input<string> }>;
  /** How long the preview may take to become ready, and to go. Default: `10m`. */
  timeout?: string;
}

/** Where the commit of a preview is cloned from. */
export interface PreviewSourceArgs {
  /** Clone URL: `https://`, `http://` or `ssh://`. */
  url: pulumi.Input<string>;
  /** Secret with Git credentials in the control namespace. Default: none. */
  secretName?: pulumi.Input<string>;
  /** `github` where that Secret holds a GitHub App, see `PreviewControl`. Default: none, a user and password. */
  provider?: pulumi.Input<string>;
  /** How often Flux looks at the repository. Default: `1h`, since a commit never changes. */
  interval?: pulumi.Input<string>;
}

/** The chart of a preview, in its commit. */
export interface PreviewChartArgs {
  /** Folder of the chart in the repository. Default: `./helm`. */
  path?: pulumi.Input<string>;
  /** How often Flux reconciles the release. Default: `1m`. */
  interval?: pulumi.Input<string>;
  /** How long one Helm action may take. Default: `5m`. */
  timeout?: pulumi.Input<string>;
}

/** Where a preview answers. */
export interface PreviewRouteArgs {
  /** `path` for `http://<host>/pr-41`, `host` for `http://pr-41.<host>/`. Default: `path`. */
  mode?: pulumi.Input<string>;
  /** Host name of the app, in host mode the domain of the previews. Default: `kbot.example.com`. */
  host?: pulumi.Input<string>;
  /** Gateway the route attaches to. Default: `gateway` in `envoy-gateway-system`. */
  gateway?: pulumi.Input<PreviewGatewayArgs>;
  /** Namespace of the proxies that carry the gateway's traffic. Default: the gateway's namespace. */
  proxyNamespace?: pulumi.Input<string>;
}

/** A Gateway, by name. */
export interface PreviewGatewayArgs {
  /** Name of the Gateway. */
  name: pulumi.Input<string>;
  /** Namespace of the Gateway. */
  namespace: pulumi.Input<string>;
}

const DEFAULT_TIMEOUT = "10m";

/**
 * Everything one pull request needs: a bounded namespace for its workload, and Flux objects that deliver its chart there
 * at its head commit. Ready once the release is. Going, the release goes first, while its rights are still in place.
 *
 * @example
 * new PreviewEnvironment("pr-41", {
 *   number: 41,
 *   repository: "den-vasyliev/kbot",
 *   sha: "0123456789abcdef0123456789abcdef01234567",
 *   source: { url: "https://github.com/den-vasyliev/kbot" },
 * });
 */
export class PreviewEnvironment extends pulumi.ComponentResource {
  /** Workload namespace. Known once the preview is ready, as the other outputs. */
  public readonly namespace: pulumi.Output<string>;
  /** Where the preview answers, once the host name resolves to the gateway's address. */
  public readonly url: pulumi.Output<string>;
  /** The commit it shows. */
  public readonly sha: pulumi.Output<string>;

  constructor(name: string, args: PreviewEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:PreviewEnvironment", name, {}, opts);
    const { timeout = DEFAULT_TIMEOUT } = args;
    if (!isDuration(timeout)) throw wrongArgs(title(name), [`timeout: "${timeout}" is not a duration such as "10m"`]);
    // Plain arguments speak now, with the caller's line; the same check follows for those that are known later.
    if (isPlain(args)) checkedSpec(name, args as PreviewInput);
    const spec = pulumi.output(args).apply((known) => checkedSpec(name, known));
    const release = register(this, spec.apply(previewObjects), timeout);
    const ready = pulumi.all([spec, release.id]).apply(([known]) => known);
    this.namespace = ready.apply((known) => previewName(known));
    this.url = ready.apply((known) => previewRoute(known).url);
    this.sha = ready.sha;
    this.registerOutputs({ namespace: this.namespace, url: this.url, sha: this.sha });
  }
}

type PreviewInput = pulumi.Unwrap<PreviewEnvironmentArgs>;

/** The arguments with the defaults filled in; throws one error with every problem. */
function checkedSpec(name: string, input: PreviewInput): PreviewSpec {
  const spec = {
    ...previewDefaults,
    branch: "",
    ...input,
    source: { ...previewDefaults.source, ...input.source },
    chart: { ...previewDefaults.chart, ...input.chart },
    route: { ...previewDefaults.route, ...input.route },
    // The words among them are checked by previewProblems.
  } as PreviewSpec;
  const problems = previewProblems(spec);
  if (problems.length > 0) throw wrongArgs(title(name), problems);
  return spec;
}

function title(name: string): string {
  return `PreviewEnvironment "${name}"`;
}

/** Registers every object after those it needs. Gives the release, which needs all the others and goes before them. */
function register(
  parent: PreviewEnvironment,
  objects: pulumi.Output<PreviewObjects>,
  timeout: string,
): pulumi.CustomResource {
  const after = (...dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions => ({
    parent,
    dependsOn,
    customTimeouts: { create: timeout, update: timeout, delete: timeout },
  });
  const { quota, limitRange, networkPolicy, role, roleBinding, serviceAccount } = objects;
  const namespace = new k8s.core.v1.Namespace("namespace", { metadata: objects.namespace.metadata }, after());
  const bounds = [
    new k8s.core.v1.ResourceQuota("quota", { metadata: quota.metadata, spec: quota.spec }, after(namespace)),
    new k8s.core.v1.LimitRange(
      "limit-range",
      { metadata: limitRange.metadata, spec: limitRange.spec },
      after(namespace),
    ),
    new k8s.networking.v1.NetworkPolicy(
      "network-policy",
      { metadata: networkPolicy.metadata, spec: networkPolicy.spec },
      after(namespace),
    ),
  ];
  const identity = new k8s.core.v1.ServiceAccount(
    "service-account",
    {
      metadata: serviceAccount.metadata,
      automountServiceAccountToken: serviceAccount.automountServiceAccountToken,
    },
    after(),
  );
  const rights = new k8s.rbac.v1.Role("role", { metadata: role.metadata, rules: role.rules }, after(namespace));
  const binding = new k8s.rbac.v1.RoleBinding(
    "role-binding",
    { metadata: roleBinding.metadata, roleRef: roleBinding.roleRef, subjects: roleBinding.subjects },
    after(identity, rights),
  );
  // The release waits for its source by itself, and looks at its chart meanwhile: waiting here would put one after the other.
  const { metadata, spec } = objects.gitRepository;
  const source = new k8s.apiextensions.CustomResource("source", { ...GIT_REPOSITORY, metadata, spec }, after());
  return new k8s.apiextensions.CustomResource(
    "release",
    awaitedReady(objects.helmRelease),
    after(namespace, ...bounds, identity, rights, binding, source),
  );
}

/** The release, which the update waits for. */
function awaitedReady({ metadata, spec }: pulumi.Output<HelmReleaseObject>): k8s.apiextensions.CustomResourceArgs {
  const awaited = metadata.apply(({ annotations, ...rest }) => ({
    ...rest,
    annotations: { ...annotations, ...awaitCondition("Ready") },
  }));
  return { ...HELM_RELEASE, metadata: awaited, spec };
}
