import fc from "fast-check";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubernetesObject } from "../../components/manifests/kubernetes-object.ts";
import { previewDefaults, previewName, previewObjects, type PreviewSpec } from "../../components/manifests/preview.ts";
import { admissionInput, resourceSet } from "../../components/manifests/preview-set.ts";
import { admissionProblems, previewSetProblems } from "../../components/manifests/preview-set-problems.ts";
import type { AdmissionInput, PreviewSetSpec, PullRequestInput } from "../../components/manifests/preview-set-spec.ts";
import { admittedObjects, pullRequestObjects } from "../../components/manifests/preview-set-template.ts";
import { PreviewEnvironment } from "../../components/preview-environment.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { ensureToolOnDemand } from "../../sandbox/tools/ensure-tools.ts";
import { run } from "../unit/components/registered.ts";

/** Where the two engines' objects differ, and why: the table of docs/flux-engine.md, which this test also holds to it. */
const differences: readonly { readonly where: string; readonly engines: string; readonly kinds?: string[] }[] = [
  { where: "metadata.labels.preview-environments.dev/engine", engines: "both" },
  { where: "spec.commonMetadata.labels.preview-environments.dev/engine", engines: "both", kinds: ["HelmRelease"] },
  { where: "metadata.annotations.preview-environments.dev/spec-hash", engines: "both" },
  { where: "metadata.annotations.pulumi.com/waitFor", engines: "automation", kinds: ["HelmRelease"] },
  { where: "metadata.annotations.event.toolkit.fluxcd.io/author", engines: "flux", kinds: ["HelmRelease"] },
  { where: "metadata.annotations.event.toolkit.fluxcd.io/branch", engines: "flux", kinds: ["HelmRelease"] },
  { where: "metadata.annotations.event.toolkit.fluxcd.io/change_request", engines: "flux", kinds: ["HelmRelease"] },
  { where: "metadata.annotations.event.toolkit.fluxcd.io/commit", engines: "flux", kinds: ["HelmRelease"] },
  { where: "metadata.annotations.event.toolkit.fluxcd.io/preview-url", engines: "flux", kinds: ["HelmRelease"] },
  { where: "metadata.labels.resourceset.fluxcd.controlplane.io/name", engines: "flux" },
  { where: "metadata.labels.resourceset.fluxcd.controlplane.io/namespace", engines: "flux" },
];

/** With the driver's admission nothing is left for Flux to tell, and so nothing by which it would find the pull request. */
const notAdmitted = ["change_request", "commit"].map((key) => `metadata.annotations.event.toolkit.fluxcd.io/${key}`);

const repository = "den-vasyliev/kbot";
const url = `https://github.com/${repository}`;

const shared: PreviewSetSpec["preview"] = {
  repository,
  controlNamespace: "app-preview",
  source: { ...previewDefaults.source, url, secretName: "github-auth" },
  chart: previewDefaults.chart,
  values: {
    image: { repository: "registry.example.com/kbot" },
    greeting: "<< inputs.sha >> {{ . }} é 😀 \" ' \\",
    n: 2,
  },
  route: { ...previewDefaults.route, proxyNamespace: "proxies" },
  podSecurity: "baseline",
  quota: { pods: "3" },
};

const github: PreviewSetSpec = { name: "previews", source: "github", preview: shared };
const admission: PreviewSetSpec = { ...github, source: "admission" };

interface Head {
  readonly number: number;
  readonly sha: string;
  readonly branch: string;
  readonly author: string;
  readonly title: string;
}

const oddTexts = [
  "feature/greeting",
  "<< inputs.sha >>",
  "<< fail >>",
  "{{ .Values.image }}",
  "q\"uo't`es",
  "new\nline\r\n---\n\tkind: Namespace",
  "a: b # c",
  "\\ \\n \\u0041",
  "ünïcödé-日本語-😀-\u202eright-to-left",
  "null",
  "true",
  "1e3",
  "0x10",
  "~",
  "- item",
  "*anchor &alias !tag |",
  "%YAML 1.1",
  "<script>alert(1)</script> & more",
  "x".repeat(250),
  "",
];

const odd: Head[] = oddTexts.map((text, index) => ({
  number: index + 1,
  sha: ((index * 2_654_435_761) % 0xffffffff).toString(16).padStart(8, "0").repeat(5),
  branch: text,
  author: text,
  title: text,
}));

/** A pull request as the automation engine's preview. */
function specOf({ number, sha, branch }: Head, engine: PreviewSpec["engine"]): PreviewSpec {
  return { ...shared, number, sha, branch, engine };
}

/** A pull request as Flux Operator's provider gives it: without what is empty. */
function inputOf({ number, sha, branch, author, title }: Head): PullRequestInput {
  const filled = Object.entries({ branch, author, title }).filter(([, value]) => value !== "");
  return { id: String(number), sha, ...Object.fromEntries(filled), labels: ["preview"], chart: shared.chart.path };
}

function admittedInput(head: Head): AdmissionInput {
  return admissionInput(specOf(head, "flux"), { author: head.author, title: head.title, labels: ["preview"] });
}

const hexDigits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

let folder: string;
let cli: string;

beforeAll(async () => {
  cli = await ensureToolOnDemand("flux-operator-cli", { progress: { start: () => undefined, done: () => undefined } });
  folder = mkdtempSync(join(tmpdir(), "flux-parity-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What Flux Operator's own code makes of a set and its inputs, by preview. */
function built(set: PreviewSetSpec, inputs: readonly (PullRequestInput | AdmissionInput)[]) {
  const output = execFileSync(cli, buildArgs(set, inputs), { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const previews = new Map<string, KubernetesObject[]>();
  for (const document of parseAllDocuments(output)) {
    const object = document.toJS() as KubernetesObject | null;
    const name = object?.metadata.labels["preview-environments.dev/preview"];
    if (object !== null && name !== undefined) previews.set(name, [...(previews.get(name) ?? []), object]);
  }
  return previews;
}

function buildArgs(set: PreviewSetSpec, inputs: readonly (PullRequestInput | AdmissionInput)[]): string[] {
  const files = { set: join(folder, "set.yaml"), inputs: join(folder, "inputs.yaml") };
  writeFileSync(files.set, JSON.stringify(resourceSet(set)));
  // The cluster hands inputs over as JSON. Here they are read as YAML, which refuses some characters unless escaped.
  const json = JSON.stringify(inputs).replace(
    /[\u007f-\uffff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  writeFileSync(files.inputs, json);
  return ["build", "resourceset", "--filename", files.set, "--inputs-from", files.inputs];
}

describe("a set's template, through Flux Operator's own code", () => {
  test.for([
    ["github", github, notAdmitted.slice(2)],
    ["admission", admission, notAdmitted],
  ] as const)(
    "source %s gives what the Pulumi stack registers, but for the listed differences",
    async ([, set, not]) => {
      const previews = built(set, odd.map(set.source === "github" ? inputOf : admittedInput));
      for (const head of odd) {
        const spec = specOf(head, "automation");
        const registered = await run(() => new PreviewEnvironment("preview", spec));
        const pulumi = registered.resources
          .filter(({ type }) => type.startsWith("kubernetes:"))
          .map(({ type, inputs }) => ({ kind: type.split(":").at(-1) ?? "", ...(inputs as object) }));
        const flux = previews.get(previewName(head)) ?? [];
        expect(flux.map(key).sort()).toEqual(pulumi.map(key).sort());
        for (const object of pulumi) {
          const other = flux.find((one) => key(one) === key(object));
          const expected = differences.filter(
            ({ where, kinds }) => !not.includes(where) && (kinds?.includes(object.kind) ?? true),
          );
          expect(paths(object, other).sort(), key(object)).toEqual(expected.map(({ where }) => where).sort());
        }
      }
    },
  );

  test("apps of one repository have previews of their own", () => {
    const specs = ["api", "web"].map((app): PreviewSpec => {
      const own = { ...shared, values: { app }, chart: { ...shared.chart, path: `./${app}/helm` } };
      const fork = { ...shared.source, url: "https://github.com/someone/kbot" };
      return { ...own, source: fork, number: 7, app, sha: "a".repeat(40), branch: "b", engine: "flux" };
    });
    const about = { author: "someone", title: "t", labels: [] };
    for (const spec of specs) expect(admissionProblems(admission, spec, about)).toEqual([]);
    const previews = built(
      admission,
      specs.map((spec) => admissionInput(spec, about)),
    );
    for (const spec of specs) {
      const release = previews.get(previewName(spec))?.find(({ kind }) => kind === "HelmRelease");
      const { helmRelease } = previewObjects(spec);
      expect(release).toMatchObject({ ...helmRelease, metadata: helmRelease.metadata });
    }
  });

  test("whatever a pull request is called, it gives what the manifests give", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((one) => one.replace(NOT_PRINTED_BACK, "-"));
    const sha = fc.string({ unit: fc.constantFrom(...hexDigits), minLength: 40, maxLength: 40 });
    const head = fc.record({ sha, branch: text, author: text, title: text });
    fc.assert(
      fc.property(fc.array(head, { minLength: 20, maxLength: 20 }), fc.nat(9_999_999_000), (heads, first) => {
        const numbered = heads.map((one, index) => ({ ...one, number: first + index + 1 }));
        const found = built(github, numbered.map(inputOf));
        const admitted = built(admission, numbered.map(admittedInput));
        for (const one of numbered) {
          const name = previewName(one);
          expect(found.get(name)?.map(bare)).toEqual(pullRequestObjects(github, inputOf(one)).map(bare));
          expect(admitted.get(name)?.map(bare)).toEqual(admittedObjects(admission, admittedInput(one)).map(bare));
          expect(admissionProblems(admission, specOf(one, "flux"), aboutOf(one))).toEqual([]);
        }
      }),
      // Each run builds hundreds of objects: what fails is told as it is, not searched for a smaller one.
      { numRuns: 2, endOnFailure: true },
    );
  });

  test("a missing author or title stops nobody", () => {
    const bareInput = { id: "5", sha: "a".repeat(40), chart: "./helm" };
    expect(built(github, [bareInput]).get("pr-5")).toHaveLength(9);
  });

  test("a branch that Flux Operator cannot write stops its whole set, so admission refuses it, by name", () => {
    const bad = { ...specOf(odd[0] as Head, "flux"), branch: "bad\u0080branch" };
    const about = { author: "someone", title: "bad\u0080title", labels: [] };
    const { status, stderr } = spawnSync(cli, buildArgs(admission, [admissionInput(bad, about)]), { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("control characters are not allowed");
    expect(admissionProblems(admission, bad, about)).toEqual(["branch: holds a character that YAML refuses"]);
  });

  test("settings that a set can take are taken by Flux Operator", () => {
    const host: PreviewSetSpec = { ...github, preview: { ...shared, route: { mode: "host", host: "example.com" } } };
    for (const set of [github, admission, host]) expect(previewSetProblems(set)).toEqual([]);
    const [release] =
      built(host, [inputOf(odd[1] as Head)])
        .get("pr-2")
        ?.filter(({ kind }) => kind === "HelmRelease") ?? [];
    expect(release).toMatchObject({ spec: { values: { gateway: { host: "pr-2.example.com", path: "/" } } } });
  });

  test("every difference stands in the docs", () => {
    const page = readFileSync(join(projectRoot, "docs", "flux-engine.md"), "utf8");
    const rows = page.split("\n").filter((line) => line.startsWith("| `metadata") || line.startsWith("| `spec"));
    expect(rows.map((row) => row.split("`")[1]).sort()).toEqual(differences.map(({ where }) => where).sort());
  });
});

/** What the command line prints as YAML and YAML does not give back as it was, though the objects themselves hold it. */
const NOT_PRINTED_BACK = /[\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/gu;

function aboutOf({ author, title }: Head) {
  return { author, title, labels: [] };
}

function key({ kind, metadata }: { readonly kind: string; readonly metadata?: unknown }): string {
  const { namespace = "", name } = metadata as { readonly namespace?: string; readonly name: string };
  return `${kind} ${namespace}/${name}`;
}

/** An object without the labels by which Flux Operator knows its own, and as JSON has it. */
function bare(object: KubernetesObject): unknown {
  const labels = Object.entries(object.metadata.labels).filter(([name]) => !name.startsWith("resourceset."));
  return JSON.parse(
    JSON.stringify({ ...object, metadata: { ...object.metadata, labels: Object.fromEntries(labels) } }),
  );
}

/** Where two objects differ. */
function paths(a: unknown, b: unknown, path = ""): string[] {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b ? [] : [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys]
    .filter((each) => path !== "" || each !== "apiVersion")
    .flatMap((each) => {
      const below = path === "" ? each : `${path}.${each}`;
      return paths((a as Record<string, unknown>)[each], (b as Record<string, unknown>)[each], below);
    });
}
