import type { KubernetesObject } from "./kubernetes-object";
import { renderPreview, specHash, type PreviewObjects } from "./preview-objects";
import { previewRoute } from "./preview-route";
import type { AdmissionInput, PreviewSetSpec, PullRequestInput } from "./preview-set-spec";
import type { PreviewSpec } from "./preview-spec";
import { filled, templateText, type Slot } from "./template-text";

/** Events of a Flux object carry its annotations with this prefix to the notification controller. */
export const EVENT_PREFIX = "event.toolkit.fluxcd.io";

/**
 * The template of a set: the objects of one preview as YAML documents in JSON's syntax, with an expression wherever the
 * input decides. Every expression ends in `quote` or `toJson`, so that no text of a pull request can end a string, and
 * what is fixed cannot open an expression.
 */
export function previewSetTemplate(spec: PreviewSetSpec): string {
  const admitted = spec.source === "admission";
  const slots: readonly Slot<never>[] = admitted ? admissionSlots : pullRequestSlots;
  const name = admitted ? "inputs.name" : 'print "pr-" inputs.id';
  const documents = markedObjects(spec).map((object) => `---\n${templateText(object, slots)}\n`);
  return [`<<- $name := ${name} >>\n`, ...documents].join("");
}

/** What that template comes to for one pull request that Flux Operator finds: what it applies. */
export function pullRequestObjects(spec: PreviewSetSpec, input: PullRequestInput): KubernetesObject[] {
  return filled(markedObjects(spec), pullRequestSlots, input) as KubernetesObject[];
}

/** What that template comes to for one input that the driver publishes. */
export function admittedObjects(spec: PreviewSetSpec, input: AdmissionInput): KubernetesObject[] {
  return filled(markedObjects(spec), admissionSlots, input) as KubernetesObject[];
}

/** Whether settings hold a text that would be taken for something an input decides. */
export function holdsMarks(settings: unknown): boolean {
  const text = JSON.stringify(settings);
  return Object.values(marks).some((mark) => text.includes(mark));
}

/** What stands in the objects where an input decides: text that no setting holds, of the form that is expected there. */
const marks = {
  number: "7310984265",
  name: "pr-7310984265",
  sha: "5ea1ed5ea1ed0a0b0c0d0e0f5ea1ed5ea1ed0a0b",
  commit: "5ea1ed5ea1ed",
  branch: "mark-of-the-branch",
  author: "mark-of-the-author",
  chart: "./mark-of-the-chart",
  cloneUrl: "https://mark-of-the-clone-url/",
  url: "http://mark-of-the-url/",
  values: "mark-of-the-values",
  specHash: "mark-of-the-spec-hash",
} as const;

const everySlots: readonly Slot<PullRequestInput>[] = [
  { mark: marks.sha, go: "inputs.sha", value: ({ sha }) => sha },
  { mark: marks.commit, go: "(trunc 12 inputs.sha)", value: ({ sha }) => sha.slice(0, 12) },
  // GitHub's answer may lack these two, as the author when the account is gone, and a missing key stops the whole set.
  { mark: marks.branch, go: '(get inputs "branch")', value: ({ branch = "" }) => branch },
  { mark: marks.author, go: '(get inputs "author")', value: ({ author = "" }) => author },
  { mark: marks.chart, go: "inputs.chart", value: ({ chart }) => chart },
];

const pullRequestSlots: readonly Slot<PullRequestInput>[] = [
  ...everySlots,
  { mark: marks.number, go: "inputs.id", value: ({ id }) => id },
  { mark: marks.name, go: "$name", value: ({ id }) => `pr-${id}` },
];

const admissionSlots: readonly Slot<AdmissionInput>[] = [
  ...everySlots,
  { mark: marks.number, go: "inputs.number", value: ({ number }) => number },
  { mark: marks.name, go: "$name", value: ({ name }) => name },
  { mark: marks.cloneUrl, go: "inputs.cloneUrl", value: ({ cloneUrl }) => cloneUrl },
  { mark: marks.url, go: "inputs.url", value: ({ url }) => url },
  { mark: marks.values, go: "inputs.values", as: "toJson", value: ({ values }) => values },
  { mark: marks.specHash, go: "inputs.specHash", value: ({ specHash: hash }) => hash },
];

/** The objects of a set's preview with marks where the input decides, in the order of {@link PreviewObjects}. */
function markedObjects(spec: PreviewSetSpec): KubernetesObject[] {
  const marked = markedSpec(spec);
  const admitted = spec.source === "admission";
  // Without a driver nothing tells one pull request's hash from another's: it speaks of the settings alone.
  const objects = renderPreview(marked, admitted ? marks.specHash : specHash(marked));
  const helmRelease = admitted
    ? withEvents(withValues(objects.helmRelease), { "preview-url": marks.url })
    : withEvents(objects.helmRelease, {
        "preview-url": previewRoute(marked).url,
        // By these two Flux's own notifications find the pull request; where the driver runs, it is the one to tell.
        change_request: marks.number,
        commit: marks.sha,
      });
  return Object.values({ ...objects, helmRelease } satisfies PreviewObjects);
}

function markedSpec({ source, preview }: PreviewSetSpec): PreviewSpec {
  return {
    ...preview,
    engine: "flux",
    number: Number(marks.number),
    sha: marks.sha,
    branch: marks.branch,
    source: { ...preview.source, ...(source === "admission" ? { url: marks.cloneUrl } : {}) },
    chart: { ...preview.chart, path: marks.chart },
  };
}

type Release = PreviewObjects["helmRelease"];

/** The release tells whoever listens to Flux's events which pull request it is about, and where it answers. */
function withEvents(release: Release, about: Readonly<Record<string, string>>): Release {
  const told = Object.entries({ ...about, branch: marks.branch, author: marks.author });
  const events = Object.fromEntries(told.map(([key, value]) => [`${EVENT_PREFIX}/${key}`, value]));
  const annotations = { ...release.metadata.annotations, ...events };
  return { ...release, metadata: { ...release.metadata, annotations } };
}

/** Apps of one repository differ in their values: each input brings its own, complete. */
function withValues(release: Release): Release {
  return { ...release, spec: { ...release.spec, values: marks.values } };
}
