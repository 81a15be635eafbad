import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { completeArgs, isPlain, problemsOf, wrongArgs, type Complete, type Rule, type Rules } from "./complete-args";
import { previewDefaults } from "./manifests/preview-spec";
import { receiverPath } from "./manifests/receiver";
import { rules, someOf } from "./rules";

/** What a {@link Repository} is given. */
export interface RepositoryArgs {
  /** The application's repository: `owner/name`. The provider's `owner` must be the same owner. */
  repository: string;
  /** Branch whose workflows may use the environment's secrets. Default: `main`. */
  defaultBranch?: pulumi.Input<string>;
  /** Label that asks for a preview; the driver's setting `label`. Default: `preview`. */
  label?: string;
  /** Label that keeps a preview from expiring; `admission.labels.keep`. Default: `preview-keep`. */
  keepLabel?: string;
  /** Label that leaves a preview as it is; `admission.labels.pause`. Default: `preview-paused`. */
  pauseLabel?: string;
  /** Colour of the labels: six hex digits. Default: `1d76db`. */
  labelColour?: string;
  /** Environment of GitHub Actions that the previews workflow runs in. Default: `previews`. */
  environment?: string;
  /** Its secrets by name, such as `KUBECONFIG` and `PULUMI_CONFIG_PASSPHRASE`. Default: none. */
  secrets?: { [name: string]: pulumi.Input<string> };
  /** Its variables by name. Default: none. */
  variables?: { [name: string]: pulumi.Input<string> };
  /** Whom GitHub tells at once what happens, by a name such as `previews`. Default: nobody. */
  webhooks?: { [name: string]: RepositoryHookArgs };
  /** Protection of the default branch. Default: none of ours. */
  protection?: RepositoryProtectionArgs;
}

/** One webhook of a repository. */
export interface RepositoryHookArgs {
  /** Where it posts to; not together with `receiver`. */
  url?: pulumi.Input<string>;
  /** Flux's Receiver that it posts to; not together with `url`. */
  receiver?: ReceiverAddressArgs;
  /** What it is signed with. Default: a random one, in the output `webhookSecrets`. */
  secret?: pulumi.Input<string>;
  /** What it tells. The receiver must take all of it, and `ping`. Default: `push`, `pull_request`. */
  events?: string[];
}

/** Where a Receiver of Flux listens. */
export interface ReceiverAddressArgs {
  /** How GitHub reaches the gateway, such as `https://hooks.example.com`. */
  origin: string;
  /** Namespace of the Receiver. Default: `app-preview`. */
  namespace?: string;
  /** Name of the Receiver. Default: `github`. */
  name?: string;
}

/** What protects the default branch. */
export interface RepositoryProtectionArgs {
  /** Checks that must have succeeded before a merge, such as `preview`, the driver's commit status. Default: none. */
  checks?: string[];
  /** How many approvals a merge needs. Default: 1. */
  approvals?: number;
}

const defaults = {
  defaultBranch: "main",
  label: "preview",
  keepLabel: "preview-keep",
  pauseLabel: "preview-paused",
  labelColour: "1d76db",
  environment: "previews",
} satisfies Partial<RepositoryArgs>;

type RepositorySettings = Complete<RepositoryArgs, typeof defaults>;

const hookEvents = ["push", "pull_request"];

const receiverDefaults = {
  namespace: previewDefaults.controlNamespace,
  name: "github",
} satisfies Partial<ReceiverAddressArgs>;

/**
 * The GitHub side of previews: the labels, the environment that holds the workflow's secrets for the default branch alone,
 * signed webhooks, and protection of that branch. The repository itself is not managed: it was there before, and stays.
 *
 * @example
 * new Repository("kbot", {
 *   repository: "den-vasyliev/kbot",
 *   secrets: { KUBECONFIG: config.requireSecret("kubeconfig") },
 *   webhooks: { previews: { receiver: { origin: "https://hooks.example.com" } } },
 * }, { provider: new github.Provider("github", { owner: "den-vasyliev" }) });
 */
export class Repository extends pulumi.ComponentResource {
  /** Environment of GitHub Actions that the previews workflow runs in. */
  public readonly environment: pulumi.Output<string>;
  /** Where each webhook posts to. Secret. */
  public readonly webhookUrls: pulumi.Output<{ [name: string]: string }>;
  /** What each webhook is signed with. Secret. */
  public readonly webhookSecrets: pulumi.Output<{ [name: string]: string }>;

  constructor(name: string, args: RepositoryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:Repository", name, {}, opts);
    const settings = repositorySettings(name, args);
    labels(this, settings);
    this.environment = environment(this, settings);
    const hooks = Object.entries(settings.webhooks ?? {}).map(([role, hook]) => webhook(this, settings, role, hook));
    if (settings.protection) protection(this, settings, settings.protection);
    this.webhookUrls = pulumi.secret(Object.fromEntries(hooks.map(({ role, url }) => [role, url])));
    this.webhookSecrets = pulumi.secret(Object.fromEntries(hooks.map(({ role, secret }) => [role, secret])));
    this.registerOutputs({
      environment: this.environment,
      webhookUrls: this.webhookUrls,
      webhookSecrets: this.webhookSecrets,
    });
  }
}

function repositorySettings(name: string, args: RepositoryArgs): RepositorySettings {
  const settings = completeArgs(title(name), args, defaults, {
    repository: rules.repository,
    defaultBranch: rules.nonEmpty,
    label: rules.label,
    keepLabel: rules.label,
    pauseLabel: rules.label,
    labelColour: rules.colour,
    environment: rules.nonEmpty,
  });
  const problems = [
    ...nameProblems("secrets", settings.secrets),
    ...nameProblems("variables", settings.variables),
    ...Object.entries(settings.webhooks ?? {}).flatMap(([role, hook]) => hookProblems(`webhooks.${role}`, hook)),
    ...problemsIn("protection", settings.protection, { checks: someOf(rules.nonEmpty), approvals: rules.count }),
  ];
  if (problems.length > 0) throw wrongArgs(title(name), problems);
  return settings;
}

/** GitHub keeps names that begin with its own for itself. */
function nameProblems(key: string, values: { [name: string]: unknown } = {}): string[] {
  const wrong = Object.keys(values).filter((name) => !/^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/.test(name));
  return wrong.map((name) => `${key}: "${name}" is not a name of capital letters, digits and "_", without GITHUB_`);
}

function hookProblems(key: string, { receiver, ...hook }: RepositoryHookArgs): string[] {
  const ways = [hook.url, receiver].filter((way) => way !== undefined);
  return [
    ...(ways.length === 1 ? [] : [`${key}: one of url and receiver is needed, and ${ways.length} are given`]),
    ...problemsIn(key, hook, { url: rules.url, secret: rules.token, events: someOf(rules.event) }),
    ...problemsIn(`${key}.receiver`, receiver, { origin: rules.url, namespace: rules.name, name: rules.name }),
  ];
}

/** What is wrong with the plain ones of some arguments. */
function problemsIn<Args extends object>(key: string, args: Args | undefined, wanted: Rules<Args>): string[] {
  return Object.entries<Rule | undefined>(wanted).flatMap(([name, rule]) => {
    const value = (args as Readonly<Record<string, unknown>> | undefined)?.[name];
    return rule === undefined || value === undefined || !isPlain(value)
      ? []
      : problemsOf(`${key}.${name}`, value, rule);
  });
}

/** The driver and people go by these names: a label that is there already is taken over as it is called. */
function labels(parent: Repository, settings: RepositorySettings): void {
  const { label, keepLabel, pauseLabel, labelColour: color } = settings;
  const wanted = {
    label: { name: label, description: "Gets a preview environment" },
    "keep-label": { name: keepLabel, description: "Its preview environment does not expire" },
    "pause-label": { name: pauseLabel, description: "Its preview environment stays as it is" },
  };
  const repository = nameOf(settings);
  for (const [role, about] of Object.entries(wanted)) {
    new github.IssueLabel(role, { repository, color, ...about }, { parent });
  }
}

/** Secrets are those of an environment and not the repository's: a workflow changed in a branch cannot read them there. */
function environment(parent: Repository, settings: RepositorySettings): pulumi.Output<string> {
  const { defaultBranch, secrets = {}, variables = {} } = settings;
  const repository = nameOf(settings);
  const made = new github.RepositoryEnvironment(
    "environment",
    {
      repository,
      environment: settings.environment,
      deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
    },
    { parent },
  );
  const inside = { repository, environment: made.environment };
  new github.RepositoryEnvironmentDeploymentPolicy(
    "environment-branch",
    { ...inside, branchPattern: defaultBranch },
    { parent },
  );
  for (const [secretName, value] of Object.entries(secrets)) {
    const args = { ...inside, secretName, value: pulumi.secret(value) };
    new github.ActionsEnvironmentSecret(`secret-${secretName}`, args, { parent });
  }
  for (const [variableName, value] of Object.entries(variables)) {
    new github.ActionsEnvironmentVariable(`variable-${variableName}`, { ...inside, variableName, value }, { parent });
  }
  return made.environment;
}

interface Hook {
  readonly role: string;
  readonly url: pulumi.Output<string>;
  readonly secret: pulumi.Output<string>;
}

function webhook(parent: Repository, settings: RepositorySettings, role: string, args: RepositoryHookArgs): Hook {
  const { receiver, events = hookEvents } = args;
  const secret = pulumi.secret(args.secret ?? randomSecret(parent, role));
  const url = pulumi.secret(args.url ?? receiverUrl(secret, receiver));
  new github.RepositoryWebhook(
    `webhook-${role}`,
    { repository: nameOf(settings), events, configuration: { url, secret, contentType: "json", insecureSsl: false } },
    { parent },
  );
  return { role, url, secret };
}

function receiverUrl(secret: pulumi.Output<string>, receiver?: ReceiverAddressArgs): pulumi.Output<string> {
  const { origin = "", namespace, name } = { ...receiverDefaults, ...receiver };
  return secret.apply((token) => `${origin.replace(/\/$/, "")}${receiverPath(token, { namespace, name })}`);
}

function randomSecret(parent: Repository, role: string): pulumi.Output<string> {
  return new random.RandomPassword(`webhook-secret-${role}`, { length: 40, special: false }, { parent }).result;
}

function protection(parent: Repository, settings: RepositorySettings, args: RepositoryProtectionArgs): void {
  const { checks = [], approvals = 1 } = args;
  new github.BranchProtection(
    "protection",
    {
      repositoryId: nameOf(settings),
      pattern: settings.defaultBranch,
      requiredPullRequestReviews: [{ requiredApprovingReviewCount: approvals, dismissStaleReviews: true }],
      ...(checks.length > 0 ? { requiredStatusChecks: [{ contexts: checks, strict: false }] } : {}),
    },
    { parent },
  );
}

/** GitHub's provider knows the owner by itself. */
function nameOf({ repository }: RepositorySettings): string {
  return repository.split("/")[1] ?? repository;
}

function title(name: string): string {
  return `Repository "${name}"`;
}
