import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ComponentProvider, getPulumiComponents } from "@pulumi/pulumi/provider/experimental/provider.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as components from "../../../components/index.ts";

const root = join(import.meta.dirname, "../../..");
const golden = join(import.meta.dirname, "package-schema.json");

interface Property {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly description?: string;
}

type Properties = Readonly<Record<string, Property>>;

interface Schema {
  readonly resources: Readonly<
    Record<
      string,
      {
        readonly inputProperties: Properties;
        readonly requiredInputs: readonly string[];
        readonly properties: Properties;
      }
    >
  >;
  readonly types: Readonly<Record<string, { readonly properties: Properties; readonly required: readonly string[] }>>;
}

let made: Promise<string> | undefined;

/** The schema as Pulumi's own analyzer reads it from the sources: the one that PulumiPlugin.yaml offers. */
async function schema(): Promise<Schema> {
  made ??= new ComponentProvider({
    name: "preview-environments",
    dirname: root,
    components: getPulumiComponents(components),
  }).getSchema();
  return JSON.parse(await made) as Schema;
}

// After a wanted change: `npx vitest run --project unit test/unit/components/schema.test.ts -u`, and read the diff.
test("every component is one that other languages can use, with this schema", async () => {
  await expect(`${JSON.stringify(await schema(), undefined, 2)}\n`).toMatchFileSnapshot(golden);
  const names = Object.keys((await schema()).resources).map((token) => token.split(":")[2]);
  const exported = Object.entries(components).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  expect(names.sort()).toEqual(exported.sort());
});

test("every argument and every output says what it is", async () => {
  const { resources, types } = await schema();
  const undocumented = (of: string, properties: Properties) =>
    Object.entries(properties).flatMap(([name, { description }]) => (description ? [] : [`${of}.${name}`]));
  expect([
    ...Object.entries(resources).flatMap(([token, { inputProperties, properties }]) => [
      ...undocumented(token, inputProperties),
      ...undocumented(token, properties),
    ]),
    ...Object.entries(types).flatMap(([token, { properties }]) => undocumented(token, properties)),
  ]).toEqual([]);
});

interface YamlProgram {
  readonly resources: Record<string, { readonly type: string; readonly properties: Record<string, unknown> }>;
  readonly outputs: Record<string, string>;
}

test("the YAML example keeps to the schema", async () => {
  const program = parse(await readFile(join(root, "examples/yaml/Pulumi.yaml"), "utf8")) as YamlProgram;
  expect(yamlProblems(program, await schema())).toEqual([]);

  const { preview } = program.resources;
  const wrong = {
    type: preview?.type ?? "",
    properties: { ...preview?.properties, number: "41", colour: "red", sha: 1 },
  };
  expect(yamlProblems({ resources: { preview: wrong }, outputs: { url: "${preview.uri}" } }, await schema())).toEqual([
    "preview.number: not a number",
    "preview.sha: not a string",
    "preview.controlNamespace: nothing is called control",
    "preview.colour: no such property",
    "url: preview has no output uri",
  ]);
});

/** What is wrong with a YAML program: unknown components, missing or unknown properties, values of another type. */
function yamlProblems({ resources, outputs }: YamlProgram, { resources: known, types }: Schema): string[] {
  const tokenOf = (type: string) => type.replace(/^([^:]+):([^:]+)$/, "$1:index:$2");
  const problems: string[] = [];
  for (const [name, { type, properties }] of Object.entries(resources)) {
    const component = known[tokenOf(type)];
    if (component === undefined) problems.push(`${name}: no component ${type}`);
    else checkObject(name, properties, component.inputProperties, component.requiredInputs);
  }
  for (const [name, value] of Object.entries(outputs)) checkReference(name, value);
  return problems;

  function checkObject(at: string, value: object, allowed: Properties, required: readonly string[]): void {
    for (const name of required) if (!(name in value)) problems.push(`${at}.${name}: missing`);
    for (const [name, each] of Object.entries(value)) {
      const property = allowed[name];
      if (property === undefined) problems.push(`${at}.${name}: no such property`);
      else checkValue(`${at}.${name}`, each, property);
    }
  }

  function checkValue(at: string, value: unknown, { type, $ref, items, additionalProperties }: Property): void {
    if (typeof value === "string" && value.startsWith("${")) {
      checkReference(at, value);
      return;
    }
    const object = $ref === undefined ? undefined : types[$ref.replace("#/types/", "")];
    if (object !== undefined) {
      checkObject(at, value as object, object.properties, object.required);
      return;
    }
    if (type === undefined) return;
    if ((Array.isArray(value) ? "array" : typeof value) !== type) problems.push(`${at}: not a ${type}`);
    else if (Array.isArray(value))
      value.forEach((each) => {
        checkValue(at, each, items ?? {});
      });
    else if (typeof value === "object" && value !== null)
      for (const [key, each] of Object.entries(value)) checkValue(`${at}.${key}`, each, additionalProperties ?? {});
  }

  function checkReference(at: string, text: string): void {
    const [, name = "", output] = /^\$\{(\w+)(?:\.(\w+))?\}$/.exec(text) ?? [];
    // Configuration has no outputs.
    if (output === undefined) return;
    const component = resources[name];
    if (component === undefined) problems.push(`${at}: nothing is called ${name}`);
    else if (!(output in (known[tokenOf(component.type)]?.properties ?? {})))
      problems.push(`${at}: ${name} has no output ${output}`);
  }
}
