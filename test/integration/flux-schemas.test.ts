import { Ajv, type ErrorObject } from "ajv";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { CustomObject } from "../../components/manifests/kubernetes-object.ts";
import { previewDefaults, previewProblems } from "../../components/manifests/preview.ts";
import { admissionProvider, pullRequestProvider, resourceSet } from "../../components/manifests/preview-set.ts";
import { previewSetDefaults, type PreviewSetSpec } from "../../components/manifests/preview-set-spec.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { ensureToolOnDemand, ensureTools } from "../../sandbox/tools/ensure-tools.ts";
import { previewSettings } from "../../stacks/preview/preview-settings.ts";
import { pulumiStackSchema } from "../support/pulumi-stack-schema.ts";

const silent = { start: () => undefined, done: () => undefined };
const recipe = join(projectRoot, "examples", "pulumi-kubernetes-operator", "previews.yaml");
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

let crds: string;
let cli: string;
let folder: string;

beforeAll(async () => {
  crds = join((await ensureTools({ progress: silent })).folders["flux-operator"], "config", "crd", "bases");
  cli = await ensureToolOnDemand("flux-operator-cli", { progress: silent });
  folder = mkdtempSync(join(tmpdir(), "flux-schemas-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What is wrong with an object of Flux Operator, by its own CustomResourceDefinition. */
function problems(object: CustomObject): ErrorObject[] {
  const plural = { ResourceSet: "resourcesets", ResourceSetInputProvider: "resourcesetinputproviders" }[object.kind];
  const { spec } = parse(readFileSync(join(crds, `fluxcd.controlplane.io_${plural}.yaml`), "utf8")) as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
  };
  const version = spec.versions.find(({ name }) => object.apiVersion.endsWith(`/${name}`));
  const validate = ajv.compile(strict(version?.schema.openAPIV3Schema ?? false));
  validate(JSON.parse(JSON.stringify(object)));
  return validate.errors ?? [];
}

type Schema = boolean | { readonly [key: string]: unknown };

/** The API server drops fields it does not know without a word; here they are mistakes. */
function strict(schema: Schema): Schema {
  if (typeof schema === "boolean") return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "properties") {
      const properties = Object.entries(value as Readonly<Record<string, Schema>>);
      return [key, Object.fromEntries(properties.map(([name, each]) => [name, strict(each)]))];
    }
    return [key, key === "items" || key === "additionalProperties" ? strict(value as Schema) : value];
  });
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || schema["properties"] === undefined;
  return { ...Object.fromEntries(entries), ...(open ? {} : { additionalProperties: false }) };
}

describe("objects for Flux Operator keep to its own definitions", () => {
  const preview = {
    repository: "den-vasyliev/kbot",
    controlNamespace: "app-preview",
    source: { ...previewDefaults.source, url: "https://github.com/den-vasyliev/kbot" },
    chart: previewDefaults.chart,
    values: {},
    route: previewDefaults.route,
  };
  const set: PreviewSetSpec = { name: "previews", source: "github", preview };
  const reading = { ...previewSetDefaults, url: preview.source.url, certSecretName: "git-ca" };
  const head = { number: 41, sha: "a".repeat(40), branch: "b", engine: "flux" } as const;
  const about = { author: "someone", title: "A title", labels: ["preview"] };

  test.for([
    ["a set that reads GitHub", resourceSet(set)],
    ["a set of the driver's", resourceSet({ ...set, source: "admission" })],
    ["a provider of pull requests", pullRequestProvider(set, reading)],
    ["a provider of one admitted preview", admissionProvider(set, { ...preview, ...head }, about)],
  ] as const)("%s", ([, object]) => {
    expect(problems(object)).toEqual([]);
  });

  test("and what does not is found", () => {
    const { spec, ...rest } = pullRequestProvider(set, reading);
    const wrong = { ...rest, spec: { ...spec, type: "GitHubIssue", filters: {}, filter: { labels: "preview" } } };
    expect(
      problems(wrong)
        .map(({ instancePath }) => instancePath)
        .sort(),
    ).toEqual(["/spec", "/spec/filter/labels", "/spec/type"]);
  });
});

describe("the recipe for the Pulumi Kubernetes Operator", () => {
  const documents = parseAllDocuments(readFileSync(recipe, "utf8")).map((one) => one.toJS() as CustomObject);
  const inputs = [
    { id: "41", sha: "a".repeat(40), branch: "feature/greeting", author: "someone" },
    { id: "9999999999", sha: "b".repeat(40), branch: 'odd "<< fail >>" {{ . }} ünïcödé: # x\nkind: Secret' },
    { id: "43", sha: "c".repeat(40) },
  ];

  /** What Flux Operator's own code makes of the recipe. */
  function stacks(): CustomObject[] {
    const set = documents.find(({ kind }) => kind === "ResourceSet");
    const provider = documents.find(({ kind }) => kind === "ResourceSetInputProvider");
    const defaults = provider?.spec["defaultValues"] as object;
    writeFileSync(join(folder, "set.yaml"), JSON.stringify(set));
    writeFileSync(join(folder, "inputs.yaml"), JSON.stringify(inputs.map((input) => ({ ...defaults, ...input }))));
    const args = ["build", "resourceset", "-f", join(folder, "set.yaml"), "-i", join(folder, "inputs.yaml")];
    const output = execFileSync(cli, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return parseAllDocuments(output)
      .map((one) => one.toJS() as CustomObject | null)
      .filter((one) => one !== null);
  }

  test("keeps to Flux Operator's definitions", () => {
    const own = documents.filter(({ apiVersion }) => apiVersion.startsWith("fluxcd."));
    expect(own.map(({ kind }) => kind)).toEqual(["ResourceSetInputProvider", "ResourceSet"]);
    for (const object of own) expect(problems(object)).toEqual([]);
  });

  test("renders a Stack that keeps to the operator's schema, for each pull request", () => {
    const validate = ajv.compile(pulumiStackSchema);
    const rendered = stacks();
    expect(rendered.map(({ metadata }) => metadata.name)).toEqual(["pr-41", "pr-9999999999", "pr-43"]);
    for (const stack of rendered) expect(validate(stack) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...rendered[0], spec: { ...rendered[0]?.spec, destroyOnFinalise: true } })).toBe(false);
  });

  test("and whose configuration is the preview of that pull request", () => {
    stacks().forEach((stack, index) => {
      const { stack: name, config } = stack.spec as { stack: string; config: Record<string, string> };
      const { spec } = previewSettings("previews", name.split("/").at(-1) ?? "", config);
      expect(previewProblems(spec)).toEqual([]);
      const { id, sha, branch = "" } = inputs[index] ?? { id: "", sha: "" };
      expect(spec).toMatchObject({ number: Number(id), sha, branch, repository: "den-vasyliev/kbot" });
    });
  });

  test("names only what it makes, or what the page says you make", () => {
    const page = readFileSync(join(projectRoot, "docs", "pulumi-kubernetes-operator.md"), "utf8");
    for (const secret of ["github-auth", "preview-stacks"]) expect(page).toContain(`secret generic ${secret}`);
    for (const { spec } of stacks()) {
      const { sourceRef } = spec["fluxSource"] as { sourceRef: { kind: string; name: string } };
      expect(documents.some(({ kind, metadata }) => kind === sourceRef.kind && metadata.name === sourceRef.name)).toBe(
        true,
      );
    }
  });
});
