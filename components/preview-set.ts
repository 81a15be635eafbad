import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitCondition } from "./await-condition";
import { isPlain, wrongArgs } from "./complete-args";
import type { CustomObject } from "./manifests/kubernetes-object";
import { isDuration } from "./manifests/kubernetes-syntax";
import { INPUT_PROVIDER, pullRequestProvider, RESOURCE_SET, resourceSet } from "./manifests/preview-set";
import {
  NOTIFICATION_ALERT,
  NOTIFICATION_PROVIDER,
  notificationAlert,
  notificationProvider,
} from "./manifests/preview-set-feedback";
import { previewSetProblems } from "./manifests/preview-set-problems";
import {
  previewSetDefaults,
  previewSetFeedback,
  previewSetSources,
  type GitHubReading,
  type PreviewSetFeedback,
  type PreviewSetSource,
  type PreviewSetSpec,
} from "./manifests/preview-set-spec";
import { previewDefaults } from "./manifests/preview-spec";
import type { PreviewChartArgs, PreviewRouteArgs } from "./preview-environment";
import { oneOf } from "./rules";
import { WebhookReceiver, type WebhookRouteArgs } from "./webhook-receiver";

/** What a {@link PreviewSet} is given. */
export interface PreviewSetArgs {
  /**
   * Where the pull requests come from. `github`: Flux Operator reads them itself. `admission`: the driver publishes those
   * that it admits (`previews sync --engine flux`).
   */
  source: string;
  /** Repository the pull requests are opened against: `owner/name`. */
  repository: pulumi.Input<string>;
  /** Name of the ResourceSet and what belongs to it. Default: `previews`. */
  setName?: string;
  /** Page of the repository. Flux Operator asks its host for pull requests and clones it. Default: that on github.com. */
  url?: pulumi.Input<string>;
  /** Source `github`: labels that ask for a preview, all of them. Default: `preview`. */
  labels?: pulumi.Input<pulumi.Input<string>[]>;
  /** Source `github`: how often Flux Operator looks for pull requests. Default: `1m`. */
  interval?: pulumi.Input<string>;
  /** Source `github`: how many previews there may be. A new pull request then evicts the oldest. Default: 100. */
  limit?: pulumi.Input<number>;
  /** Source `github`: how Flux tells a pull request: `comment`, `status` (of its commit) or `none`. Default: `none`. */
  feedback?: string;
  /** Secret with Git credentials in the control namespace, see `PreviewControl`. Source `github` needs one. Default: none. */
  secretName?: pulumi.Input<string>;
  /** Source `github`: Secret with the `ca.crt` of a GitHub Enterprise Server, in the control namespace. Default: none. */
  certSecretName?: pulumi.Input<string>;
  /** Namespace of the Flux objects, see `PreviewControl`. Default: `app-preview`. */
  controlNamespace?: pulumi.Input<string>;
  /** The chart in a pull request's commit. */
  chart?: PreviewChartArgs;
  /** More values for the chart; `image.tag` and `gateway` are ours. Default: none. */
  values?: pulumi.Input<pulumi.Inputs>;
  /** Where the previews answer. */
  route?: PreviewRouteArgs;
  /** Pod Security level of the workload namespaces. Default: `restricted`. */
  podSecurity?: pulumi.Input<string>;
  /** Hard limits of each workload namespace, all of them. Default: as of `PreviewEnvironment`. */
  quota?: pulumi.Input<{ [resource: string]: pulumi.Input<string> }>;
  /** Source `github`: a webhook that makes Flux Operator look at once, besides every `interval`. Default: none. */
  webhook?: PreviewSetWebhookArgs;
  /** How long Flux Operator may take to accept the set. Default: `5m`. */
  timeout?: string;
}

/** The webhook of a {@link PreviewSet}. */
export interface PreviewSetWebhookArgs {
  /** Secret that the webhook is signed with. Default: a random one. */
  token?: pulumi.Input<string>;
  /** How it comes in through the gateway. Default: no route. */
  route?: WebhookRouteArgs;
}

const DEFAULT_TIMEOUT = "5m";

/**
 * The flux engine: a preview for every pull request, rendered inside the cluster by Flux Operator from the same manifests
 * as `PreviewEnvironment`. Ready once Flux Operator has read the pull requests and applied what they need.
 *
 * @example
 * new PreviewSet("previews", { source: "github", repository: "den-vasyliev/kbot", secretName: "github-auth" });
 */
export class PreviewSet extends pulumi.ComponentResource {
  /** Name of the ResourceSet. Known once it is ready. */
  public readonly setName: pulumi.Output<string>;
  /** Namespace of the ResourceSet and of all that it makes for Flux. */
  public readonly namespace: pulumi.Output<string>;
  /** Path that the webhook posts to; empty without one. Secret. */
  public readonly webhookPath: pulumi.Output<string>;
  /** What the webhook is to be signed with; empty without one. Secret. */
  public readonly webhookToken: pulumi.Output<string>;

  constructor(name: string, args: PreviewSetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:PreviewSet", name, {}, opts);
    const shape = checkedShape(name, args);
    // The webhook's token would make a secret of all that it is known with.
    const { webhook, ...rest } = args;
    // Plain arguments speak now, with the caller's line; the same check follows for those that are known later.
    if (isPlain(rest)) checkedSet(name, rest as SetInput);
    const set = pulumi.output(rest).apply((known) => checkedSet(name, known));
    const resource = register(this, set, shape);
    this.setName = resource.metadata.name;
    this.namespace = resource.metadata.namespace;
    const receiver = webhook && pullRequestReceiver(this, set, webhook);
    this.webhookPath = receiver ? receiver.path : pulumi.output("");
    this.webhookToken = receiver ? receiver.token : pulumi.output("");
    this.registerOutputs({
      setName: this.setName,
      namespace: this.namespace,
      webhookPath: this.webhookPath,
      webhookToken: this.webhookToken,
    });
  }
}

type SetInput = pulumi.Unwrap<Omit<PreviewSetArgs, "webhook">>;

/** What decides which resources there are, and so must be known at once. */
interface Shape {
  readonly source: PreviewSetSource;
  readonly feedback: PreviewSetFeedback;
  readonly timeout: string;
}

interface CheckedSet {
  readonly set: PreviewSetSpec;
  readonly reading: GitHubReading;
}

function checkedShape(name: string, args: PreviewSetArgs): Shape {
  const { source, secretName, feedback = previewSetDefaults.feedback, timeout = DEFAULT_TIMEOUT } = args;
  const words = [
    ["source", source, previewSetSources],
    ["feedback", feedback, previewSetFeedback],
  ] as const;
  const problems = words
    .filter(([, word, allowed]) => !(allowed as readonly string[]).includes(word))
    .map(([key, word, allowed]) => `${key}: ${JSON.stringify(word)} is not ${oneOf(allowed).allowed}`);
  if (source === "github" && secretName === undefined) {
    problems.push('secretName: is missing; source "github" reads pull requests with the token of a Secret');
  }
  if (source === "admission" && feedback !== "none") {
    problems.push('feedback: is the driver\'s own with source "admission", so only "none" is possible');
  }
  if (source === "admission" && args.webhook !== undefined) {
    problems.push('webhook: only source "github" has something to look at; with "admission" the driver publishes');
  }
  if (!isDuration(timeout)) problems.push(`timeout: ${JSON.stringify(timeout)} is not a duration such as "5m"`);
  if (problems.length > 0) throw wrongArgs(title(name), problems);
  return { source, feedback, timeout } as Shape;
}

/** The arguments with the defaults filled in; throws one error with every problem. */
function checkedSet(name: string, input: SetInput): CheckedSet {
  const { repository, secretName, controlNamespace, values, podSecurity, quota, chart, route } = input;
  const url = input.url ?? `https://github.com/${repository}`;
  const set = {
    name: input.setName ?? previewSetDefaults.name,
    source: input.source,
    preview: {
      repository,
      controlNamespace: controlNamespace ?? previewDefaults.controlNamespace,
      source: { ...previewDefaults.source, url, ...(secretName === undefined ? {} : { secretName }) },
      chart: { ...previewDefaults.chart, ...chart },
      values: values ?? previewDefaults.values,
      route: { ...previewDefaults.route, ...route },
      ...(podSecurity === undefined ? {} : { podSecurity }),
      ...(quota === undefined ? {} : { quota }),
    },
    // The words among them are checked below.
  } as PreviewSetSpec;
  const { labels, interval, limit, certSecretName } = input;
  const reading: GitHubReading = {
    url,
    labels: labels ?? previewSetDefaults.labels,
    interval: interval ?? previewSetDefaults.interval,
    limit: limit ?? previewSetDefaults.limit,
    secretName: secretName ?? previewSetDefaults.secretName,
    ...(certSecretName === undefined ? {} : { certSecretName }),
  };
  const problems = previewSetProblems(set, set.source === "github" ? reading : undefined);
  if (problems.length > 0) throw wrongArgs(title(name), problems);
  return { set, reading };
}

function title(name: string): string {
  return `PreviewSet "${name}"`;
}

/** Registers the set after what it listens to, and who tells about it before it starts. Gives the ResourceSet. */
function register(
  parent: PreviewSet,
  checked: pulumi.Output<CheckedSet>,
  { source, feedback, timeout }: Shape,
): k8s.apiextensions.CustomResource {
  const after = (...dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions => ({
    parent,
    dependsOn,
    customTimeouts: { create: timeout, update: timeout, delete: timeout },
  });
  const before: pulumi.Resource[] = [];
  if (source === "github") {
    const provider = checked.apply(({ set, reading }) => pullRequestProvider(set, reading));
    before.push(new k8s.apiextensions.CustomResource("pull-requests", awaitedReady(INPUT_PROVIDER, provider), after()));
  }
  if (feedback !== "none") {
    const teller = checked.apply(({ set, reading }) => notificationProvider(set, reading, feedback));
    const provider = new k8s.apiextensions.CustomResource("feedback", plain(NOTIFICATION_PROVIDER, teller), after());
    const alert = plain(
      NOTIFICATION_ALERT,
      checked.apply(({ set }) => notificationAlert(set)),
    );
    before.push(new k8s.apiextensions.CustomResource("alert", alert, after(provider)));
  }
  const set = checked.apply((known) => resourceSet(known.set));
  return new k8s.apiextensions.CustomResource("set", awaitedReady(RESOURCE_SET, set), after(...before));
}

/** What it hastens is the look at the pull requests; the ResourceSet follows its input provider by itself. */
function pullRequestReceiver(
  parent: PreviewSet,
  checked: pulumi.Output<CheckedSet>,
  { token, route }: PreviewSetWebhookArgs,
): WebhookReceiver {
  const namespace = checked.apply(({ set }) => set.preview.controlNamespace);
  const objects = checked.apply(({ set }) => [{ ...INPUT_PROVIDER, name: set.name }]);
  const optional = { ...(token === undefined ? {} : { token }), ...(route === undefined ? {} : { route }) };
  return new WebhookReceiver("webhook", { namespace, objects, ...optional }, { parent });
}

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** An object whose kind is needed before it is known. */
function plain(kind: Kind, object: pulumi.Output<CustomObject>): k8s.apiextensions.CustomResourceArgs {
  return { ...kind, metadata: object.metadata, spec: object.spec };
}

/** One that the update waits for. */
function awaitedReady(kind: Kind, object: pulumi.Output<CustomObject>): k8s.apiextensions.CustomResourceArgs {
  const metadata = object.metadata.apply(({ annotations, ...rest }) => ({
    ...rest,
    annotations: { ...annotations, ...awaitCondition("Ready") },
  }));
  return { ...kind, metadata, spec: object.spec };
}
