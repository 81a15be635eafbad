import { isDnsName, isDuration, isPrintable } from "./kubernetes-syntax";
import type { KubernetesObject } from "./kubernetes-object";
import { previewObjects } from "./preview-objects";
import { previewProblems } from "./preview-problems";
import { admissionInput, type About } from "./preview-set";
import type { GitHubReading, PreviewSetSpec } from "./preview-set-spec";
import { admittedObjects, EVENT_PREFIX, holdsMarks, pullRequestObjects } from "./preview-set-template";
import type { PreviewSpec } from "./preview-spec";

const REPOSITORY_URL = /^https?:\/\/[^\s/]+\/[^\s/]+\/[^\s/]+$/;
const MAX_LIMIT = 10_000;

/** Kubernetes takes objects of 1.5 MiB, and Flux Operator 900 KiB of inputs: one preview may have this much of it. */
const MAX_INPUT_BYTES = 64 * 1024;

/** The pull request with the longest number there can be: what holds for it holds for all. */
const sample = {
  number: 9_999_999_999,
  sha: "f".repeat(40),
  branch: "feature/\u00fcn\u00efc\u00f6de \"quoted\" << inputs.sha >> {{ .Values }} 'and' more: \\ # \u2028",
};

/** Every reason why this set cannot be made, each with its key and what is allowed. Empty: it can. */
export function previewSetProblems(set: PreviewSetSpec, reading?: GitHubReading): string[] {
  const { name, preview } = set;
  const problems = [
    ...(isDnsName(name) ? [] : [`name: ${JSON.stringify(name)} is not a name`]),
    ...previewProblems({ ...preview, ...sample, engine: "flux" }),
    ...(reading === undefined ? [] : readingProblems(reading)),
    ...unprintableIn("values", preview.values),
    ...(holdsMarks(preview) ? ["values: hold a text that stands for an input in the template"] : []),
  ];
  return problems.length > 0 ? problems : templateProblems(set);
}

/**
 * Every reason why the preview of an admitted pull request cannot be rendered by the set in the cluster, each with its
 * key. One input that does not render stops all previews of a set, so nothing with a problem may be published.
 */
export function admissionProblems(set: PreviewSetSpec, spec: PreviewSpec, about: About): string[] {
  const problems = [
    ...(spec.engine === "flux" ? [] : [`engine: ${JSON.stringify(spec.engine)} is not "flux"`]),
    ...previewProblems(spec),
    ...unprintableIn("branch", spec.branch),
    ...unprintableIn("values", spec.values),
  ];
  if (problems.length > 0) return problems;
  const input = admissionInput(spec, about);
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > MAX_INPUT_BYTES) {
    problems.push(`values: the input has ${bytes} bytes; an input may have ${MAX_INPUT_BYTES}`);
  }
  return [...problems, ...differences(admittedObjects(set, input), Object.values(previewObjects(spec)))];
}

function readingProblems({ url, labels, limit, interval, secretName, certSecretName }: GitHubReading): string[] {
  const checks: [string, unknown, boolean, string][] = [
    ["url", url, REPOSITORY_URL.test(url), 'a repository\'s page such as "https://github.com/owner/name"'],
    ["labels", labels, labels.length > 0 && labels.every((label) => label.trim() !== ""), "a list of labels"],
    ["interval", interval, isDuration(interval), 'a duration such as "1m"'],
    ["limit", limit, Number.isInteger(limit) && limit > 0 && limit <= MAX_LIMIT, `a number from 1 to ${MAX_LIMIT}`],
    ["secretName", secretName, isDnsName(secretName), "a Secret's name"],
    ["certSecretName", certSecretName, certSecretName === undefined || isDnsName(certSecretName), "a Secret's name"],
  ];
  return checks
    .filter(([, , ok]) => !ok)
    .map(([key, value, , allowed]) => `${key}: ${JSON.stringify(value)} is not ${allowed}`);
}

/** What the template would make of pull requests, against the objects their previews are to have. */
function templateProblems(set: PreviewSetSpec): string[] {
  const spec: PreviewSpec = { ...set.preview, ...sample, engine: "flux" };
  if (set.source === "admission") {
    const about = { author: "someone", title: sample.branch, labels: [] };
    return differences(admittedObjects(set, admissionInput(spec, about)), Object.values(previewObjects(spec)));
  }
  const { branch, sha } = sample;
  const input = { id: String(sample.number), sha, branch, chart: set.preview.chart.path };
  return differences(pullRequestObjects(set, input), Object.values(previewObjects(spec)));
}

/** Where what the set renders is not what the preview is to be: the set was made from other settings. */
function differences(rendered: readonly KubernetesObject[], wanted: readonly KubernetesObject[]): string[] {
  return wanted.flatMap((object, index) => {
    const path = firstDifference(comparable(rendered[index]), comparable(object), "");
    return path === undefined ? [] : [`${object.kind}${path}: the set renders it otherwise than this preview needs it`];
  });
}

/** An object without what a set alone gives it. */
function comparable(object: KubernetesObject | undefined): unknown {
  if (object === undefined) return undefined;
  const { metadata, ...rest } = object;
  const kept = Object.entries(metadata.annotations).filter(
    ([key]) => !key.startsWith(EVENT_PREFIX) && !key.endsWith("/spec-hash"),
  );
  return { ...rest, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}

function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b ? undefined : path;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  for (const key of keys) {
    const found = firstDifference(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      `${path}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function unprintableIn(path: string, value: unknown): string[] {
  if (typeof value === "string") return isPrintable(value) ? [] : [`${path}: holds a character that YAML refuses`];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [
    ...(isPrintable(key) ? [] : [`${path}: a key holds a character that YAML refuses`]),
    ...unprintableIn(`${path}.${key}`, each),
  ]);
}
