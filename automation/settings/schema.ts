import * as z from "zod";
import { previewDefaults } from "../../components/manifests/preview.ts";
import { engineNames, permissions } from "../model.ts";

// What it would compile is used once, and takes longer to compile than to do without.
z.config({ jitless: true });

export const MAX_CONCURRENCY = 1000;
/** Of the engine automation: each takes a few processes of this machine. */
export const MAX_STACKS_AT_ONCE = 32;

/** What a value must be, said once: the message of every way to get it wrong. */
const text = (allowed: string, pattern = /\S/) => z.string({ error: allowed }).regex(pattern, { error: allowed });
const name = (what: string) =>
  text(`${what}: lower-case letters, digits and "-"`, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: values.map((value) => `"${value}"`).join(" or ") });
const section = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: (issue) => (issue.code === "invalid_type" ? "a group of settings" : undefined) });
const url = (schemes: string, pattern: RegExp) => text(`a URL starting with ${schemes}`, pattern);
const duration = text('a duration such as "90s", "10m" or "1h30m"', /^([0-9]+(\.[0-9]+)?(s|m|h))+$/);
const flag = () => z.boolean({ error: "true or false" });
const wholeNumber = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const listOf = (what: string) => z.array(text(what), { error: `a list of: ${what}` }).default([]);
const patterns = (what: string) =>
  section({
    include: listOf(what).describe("At least one of them must match. Default: everything does."),
    exclude: listOf(what).describe("None of them may match."),
  }).prefault({});
const permission = oneOf(permissions.slice(1) as ["read", "triage", "write", "maintain", "admin"]);
const branchPattern = 'a pattern of branch names such as "release/**"';
const filePattern = 'a pattern of paths such as "services/api/**"';
const imageName = text(
  'an image without a tag, such as "ghcr.io/acme/app", or with the commit in its tag: "ghcr.io/acme/app:pr-{sha}"',
  /^[a-z0-9][^\s@{}:/]*(:[0-9]+)?(\/[^\s@{}:/]+)+(:[^\s:/@{}]*\{sha\}[^\s:/@{}]*)?$/,
);

/** Rules of admission: which pull requests get a preview. */
const admission = section({
  labels: section({
    all: listOf("the name of a label").describe("Labels that a pull request must have besides the one that asks."),
    any: listOf("the name of a label").describe("Labels of which a pull request must have at least one."),
    none: listOf("the name of a label").describe("Labels that a pull request must not have."),
    pause: text("the name of a label")
      .default("preview-paused")
      .describe("While a pull request has this label, its preview is neither made nor changed nor ended."),
    keep: text("the name of a label")
      .default("preview-keep")
      .describe("While a pull request has this label, its preview does not expire."),
  }).prefault({}),
  branches: section({
    head: patterns(branchPattern).describe("Patterns of the branch that a pull request comes from."),
    base: patterns(branchPattern).describe("Patterns of the branch that a pull request is opened against."),
  }).prefault({}),
  title: text("a regular expression (RE2)").optional().describe("Regular expression (RE2) that the title must match."),
  drafts: flag().default(true).describe("Whether draft pull requests get a preview."),
  authors: section({
    include: listOf("a user name").describe("Only pull requests of these users. Default: everybody's."),
    exclude: listOf("a user name").describe('No pull requests of these users, such as "dependabot[bot]".'),
  }).prefault({}),
  associations: z
    .array(oneOf(["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "NONE"]), {
      error: "a list of associations",
    })
    .default([])
    .describe("What an author must be to the repository, in GitHub's words. Default: anything."),
  forks: oneOf(["refuse", "approve", "allow"])
    .default("approve")
    .describe(
      "Pull requests from forks: never, after a maintainer's approval of the exact commit, or like all others.",
    ),
  approvers: permission.default("write").describe("Least permission that approves the commit of a fork."),
  commands: flag().default(true).describe("Whether comments such as /preview stop are read."),
  commanders: permission
    .default("triage")
    .describe("Least permission that starts, stops and keeps other people's previews by a comment."),
  ttl: duration
    .optional()
    .describe("Age at which a preview expires, counted from the last push or /preview keep. Default: never."),
  maxPreviews: wholeNumber(1, 10_000)
    .optional()
    .describe("How many previews there may be. It holds back new ones only. Default: any number."),
  files: patterns(filePattern).describe("Patterns of changed paths that ask for a preview."),
  image: imageName
    .optional()
    .describe(
      "Image that must exist for the commit before its preview is made or updated. Default: none is looked for.",
    ),
}).prefault({});

/** One of several apps of a repository: what differs from the settings for all of them. */
const app = section({
  name: text(
    'a name of at most 30 lower-case letters, digits and "-", such as "api"',
    /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/,
  ).describe("Name of the app: its preview is called pr-<number>-<name>."),
  chart: section({
    path: text('a folder of the repository such as "./helm"').optional().describe("Instead of chart.path."),
  }).prefault({}),
  values: z
    .record(z.string(), z.unknown(), { error: "a group of chart values" })
    .default({})
    .describe("Chart values of this app, over those for all."),
  host: text('a host name such as "kbot.example.com"').optional().describe("Instead of route.host."),
  files: patterns(filePattern).describe("Instead of admission.files."),
  image: imageName.optional().describe("Instead of admission.image."),
});

/** previews.yaml. What the preview itself is made of is checked again, and closer, by `previewProblems`. */
export const fileSchema = section({
  repository: text('"owner/name"', /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/)
    .optional()
    .describe("Repository whose pull requests get previews."),
  label: text('the name of a label, at most 50 characters, such as "preview", or "*"', /^\S(.{0,48}\S)?$/)
    .default("preview")
    .describe('Label that asks for a preview. "*": every pull request asks.'),
  admission,
  apps: z
    .array(app, { error: "a list of apps" })
    .default([])
    .describe("Several apps of one repository, each with a preview of its own. Default: one app."),
  engine: oneOf(engineNames)
    .default("automation")
    .describe("What realises a preview: automation, a Pulumi stack each; flux, Flux Operator in the cluster."),
  concurrency: wholeNumber(1, MAX_CONCURRENCY)
    .optional()
    .describe(
      "How many previews are worked on at once; at most 32 with automation. Default: two for each CPU, at most 8; with flux 500.",
    ),
  timeout: duration.default("10m").describe("How long one preview may take to become Ready, and to go."),
  maxDestroys: z
    .union([wholeNumber(1, 10_000), text('a whole number, or a share such as "50%"', /^(100|[1-9][0-9]?)%$/)], {
      error: 'a whole number from 1 to 10000, or a share such as "50%"',
    })
    .default(10)
    .describe("The brake: more destroys than this in one run, a number or a share of all previews, are refused."),
  registries: section({
    insecure: listOf('a registry such as "registry.internal:5000"').describe(
      "Registries of admission.image that may be spoken to without encryption. This machine's own always may.",
    ),
  }).prefault({}),
  check: section({
    url: oneOf(["auto", "always", "never"])
      .default("auto")
      .describe("Whether a preview is Ready only when its URL answered. auto: where the gateway has an address."),
    path: text("a path below the preview's own, such as /healthz", /^\/\S*$/)
      .default("/")
      .describe("Path below the preview's own that is asked for."),
  }).prefault({}),
  feedback: section({
    comment: flag().default(true).describe("One comment per pull request, kept up to date."),
    deployment: flag().default(true).describe("A GitHub Deployment per preview."),
    status: flag().default(true).describe("The commit status `preview`."),
    logs: flag().default(true).describe("The last log lines of a failed container in the comment."),
  }).prefault({}),
  github: section({
    apiUrl: url("http:// or https://", /^https?:\/\/[^\s/]+\S*$/)
      .default("https://api.github.com")
      .describe("For GitHub Enterprise Server: https://github.example.com/api/v3."),
    writeInterval: text('a duration such as "1s", or "0s"', /^[0-9]+(\.[0-9]+)?s$/)
      .optional()
      .describe("Least time between two writes. Default: the second that GitHub asks for; 0s on an Enterprise Server."),
  }).prefault({}),
  pulumi: section({
    project: text('a Pulumi project name: letters, digits, ".", "_" and "-"', /^[A-Za-z0-9._-]{1,100}$/)
      .default("previews")
      .describe("Project of the preview stacks. Two repositories that share a backend need a project each."),
    backendUrl: url("file://, s3://, gs://, azblob://, postgres:// or https://", /^[a-z0-9]+:\/\/\S+$/)
      .optional()
      .describe("Where the stacks are kept. Default: where `pulumi login` points to."),
  }).prefault({}),
  kubernetes: section({
    kubeconfig: text("the path of a kubeconfig file").optional().describe("Default: ~/.kube/config."),
    context: text("the name of a context in the kubeconfig").optional().describe("Default: its current context."),
  }).prefault({}),
  controlNamespace: name("a namespace")
    .default(previewDefaults.controlNamespace)
    .describe("Namespace of the Flux objects and of the Git credentials."),
  source: section({
    secretName: name("the name of a Secret")
      .optional()
      .describe(
        "Secret with Git credentials in the control namespace, as Flux's GitRepository reads it. Default: none.",
      ),
    provider: oneOf(["github"])
      .optional()
      .describe("github: that Secret holds a GitHub App instead of a user and password. Default: none."),
    interval: duration
      .default(previewDefaults.source.interval)
      .describe("How often Flux looks at the repository. A preview shows a commit, and that never changes."),
  }).prefault({}),
  chart: section({
    path: text('a folder of the repository such as "./helm"')
      .default(previewDefaults.chart.path)
      .describe("Folder of the app's Helm chart in its repository."),
    interval: duration.default(previewDefaults.chart.interval).describe("How often Flux reconciles the release."),
    timeout: duration.default(previewDefaults.chart.timeout).describe("How long one Helm action may take."),
  }).prefault({}),
  values: z
    .record(z.string(), z.unknown(), { error: "a group of chart values" })
    .default({})
    .describe("More values for the chart. image.tag (the commit) and gateway.* are set for each preview."),
  route: section({
    mode: oneOf(["path", "host"])
      .default(previewDefaults.route.mode)
      .describe("Shape of the URLs. path is http://<host>/pr-41, host is http://pr-41.<host>/."),
    host: text('a host name such as "kbot.example.com"')
      .default(previewDefaults.route.host)
      .describe("Host name of the app; in host mode the domain of the previews."),
    gateway: section({
      name: name("the name of a Gateway").default(previewDefaults.route.gateway.name).describe("Name of the Gateway."),
      namespace: name("a namespace").default(previewDefaults.route.gateway.namespace).describe("Its namespace."),
    })
      .prefault({})
      .describe("Gateway that the chart's route attaches to."),
    proxyNamespace: name("a namespace")
      .optional()
      .describe("Namespace of the proxies that carry the gateway's traffic. Default: the gateway's."),
    address: text("the address of the gateway: an IP address or a host name", /^[A-Za-z0-9.:[\]-]+$/)
      .optional()
      .describe("Where the gateway answers. Default: the address that the Gateway itself gives."),
  }).prefault({}),
  podSecurity: oneOf(["restricted", "baseline", "privileged"])
    .optional()
    .describe("Pod Security level of a preview's namespace. Default: restricted."),
  quota: z
    .record(z.string(), z.string({ error: 'a quantity in quotes such as "2Gi"' }), { error: "a group of limits" })
    .optional()
    .describe("Hard limits of a preview's namespace, instead of the default ones."),
  policy: text("the folder of a Pulumi policy pack, such as ./policy")
    .optional()
    .describe("Policy pack that every preview must satisfy before it is made or changed. Default: none."),
  policyConfig: z
    .record(z.string(), z.unknown(), { error: "a group of rules, each with a level or settings" })
    .optional()
    .describe("What the rules of that pack are told, as in the file of --policy-pack-config."),
  cache: text("the path of a folder")
    .optional()
    .describe("Folder of what the driver remembers between runs. Default: ~/.cache/preview-environments/driver."),
});

export type FileSettings = z.infer<typeof fileSchema>;
export type AppSettings = z.infer<typeof app>;
