import { z } from "zod";
import { previewDefaults } from "../../components/manifests/preview.ts";

export const MAX_CONCURRENCY = 32;

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

/** previews.yaml. What the preview itself is made of is checked again, and closer, by `previewProblems`. */
export const fileSchema = section({
  repository: text('"owner/name"', /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/).optional(),
  label: text('the name of a label, at most 50 characters, such as "preview"', /^\S(.{0,48}\S)?$/).default("preview"),
  engine: oneOf(["automation"]).default("automation"),
  concurrency: z
    .int({ error: `a whole number from 1 to ${MAX_CONCURRENCY}` })
    .min(1, { error: `a whole number from 1 to ${MAX_CONCURRENCY}` })
    .max(MAX_CONCURRENCY, { error: `a whole number from 1 to ${MAX_CONCURRENCY}` })
    .optional(),
  timeout: duration.default("10m"),
  github: section({
    apiUrl: url("http:// or https://", /^https?:\/\/[^\s/]+\S*$/).default("https://api.github.com"),
  }).prefault({}),
  pulumi: section({
    project: text('a Pulumi project name: letters, digits, ".", "_" and "-"', /^[A-Za-z0-9._-]{1,100}$/).default(
      "previews",
    ),
    backendUrl: url("file://, s3://, gs://, azblob://, postgres:// or https://", /^[a-z0-9]+:\/\/\S+$/).optional(),
  }).prefault({}),
  kubernetes: section({
    kubeconfig: text("the path of a kubeconfig file").optional(),
    context: text("the name of a context in the kubeconfig").optional(),
  }).prefault({}),
  controlNamespace: name("a namespace").default(previewDefaults.controlNamespace),
  source: section({
    secretName: name("the name of a Secret").optional(),
    interval: duration.default(previewDefaults.source.interval),
  }).prefault({}),
  chart: section({
    path: text('a folder of the repository such as "./helm"').default(previewDefaults.chart.path),
    interval: duration.default(previewDefaults.chart.interval),
    timeout: duration.default(previewDefaults.chart.timeout),
  }).prefault({}),
  values: z.record(z.string(), z.unknown(), { error: "a group of chart values" }).default({}),
  route: section({
    mode: oneOf(["path", "host"]).default(previewDefaults.route.mode),
    host: text('a host name such as "kbot.example.com"').default(previewDefaults.route.host),
    gateway: section({
      name: name("the name of a Gateway").default(previewDefaults.route.gateway.name),
      namespace: name("a namespace").default(previewDefaults.route.gateway.namespace),
    }).prefault({}),
    proxyNamespace: name("a namespace").optional(),
    address: text("the address of the gateway: an IP address or a host name", /^[A-Za-z0-9.:[\]-]+$/).optional(),
  }).prefault({}),
  podSecurity: oneOf(["restricted", "baseline", "privileged"]).optional(),
  quota: z
    .record(z.string(), z.string({ error: 'a quantity in quotes such as "2Gi"' }), { error: "a group of limits" })
    .optional(),
});

export type FileSettings = z.infer<typeof fileSchema>;
