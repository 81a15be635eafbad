import { Ajv, type ValidateFunction } from "ajv";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { beforeAll, describe, expect, test } from "vitest";
import { Document, parse } from "yaml";
import { checkSettings } from "../../../automation/settings/check.ts";
import { commentedYaml } from "../../../automation/settings/commented-yaml.ts";
import { exampleFile } from "../../../automation/settings/example.ts";
import type { Group } from "../../../automation/settings/group.ts";
import { settingsJsonSchema } from "../../../automation/settings/json-schema.ts";
import { settingsTables } from "../../../automation/settings/reference-tables.ts";
import { flat, settingsReference, type Setting } from "../../../automation/settings/reference.ts";
import { samples } from "../../../automation/settings/samples.ts";
import { fileSchema } from "../../../automation/settings/schema.ts";
import { settingSources } from "../../../automation/settings/sources.ts";

const root = join(import.meta.dirname, "../../..");
const settings = flat(settingsReference());

/** A document as it is kept: `npm run test:unit -- --update` rewrites it, and the diff is reviewed. */
async function expectDocument(file: string, text: string): Promise<void> {
  const path = join(root, file);
  const formatted = await format(text, { ...(await resolveConfig(path)), filepath: path });
  await expect(formatted).toMatchFileSnapshot(path);
}

describe("the documents are those of the schema", () => {
  test("previews.schema.json", () => expectDocument("previews.schema.json", JSON.stringify(settingsJsonSchema())));

  test("previews.example.yaml", () => expectDocument("previews.example.yaml", exampleFile()));

  test("docs/configuration.md", async () => {
    const document = await readFile(join(root, "docs/configuration.md"), "utf8");
    const [, before, after] = /^(.*--update -->\n).*(<!-- end of the settings -->\n)$/s.exec(document) ?? [];
    expect(after, "the place of the settings is marked").toBeDefined();
    await expectDocument("docs/configuration.md", `${String(before)}\n${settingsTables()}\n\n${String(after)}`);
  });
});

describe("the reference", () => {
  test("every setting says what it means and what is allowed", () => {
    const silent = settings.filter(({ kind, meaning, allowed }) => kind !== "group" && !(meaning && allowed));
    expect(silent.map(({ key }) => key)).toEqual([]);
  });

  test("every setting has something to show", () => {
    const bare = settings.filter(({ kind, sample }) => kind !== "group" && sample === undefined);
    expect(bare.map(({ key }) => key)).toEqual([]);
  });

  test.each([
    ["a sample", Object.keys(samples)],
    ["a variable or a flag", settingSources.map(({ key }) => key)],
  ])("what has %s is a setting", (_, keys) => {
    const known = new Set(settings.filter(({ kind }) => kind !== "group").map(({ key }) => key));
    expect(keys.filter((key) => !known.has(key))).toEqual([]);
  });

  test("the samples are allowed, all together", () => {
    const document = new Document({});
    for (const [key, value] of Object.entries(samples)) {
      document.setIn(
        key
          .replace("[]", ".0")
          .split(".")
          .map((name) => (name === "0" ? 0 : name)),
        value,
      );
    }
    expect(checkSettings({ settings: document.toJS() as Group, origins: new Map() }).problems).toEqual([]);
  });
});

describe("the example", () => {
  test("is the defaults", () => {
    expect(fileSchema.parse(parse(exampleFile()))).toEqual(fileSchema.parse({}));
  });

  test("names every setting, every variable and every flag", () => {
    const words = new Set(exampleFile().split(/[\s,.]+/));
    const wanted = [
      ...settings.map(({ name }) => `${name}:`),
      ...settingSources.flatMap(({ env, flag }) => [env ?? [], flag === undefined ? [] : `--${flag}`].flat()),
    ];
    expect(wanted.filter((word) => !words.has(word))).toEqual([]);
  });
});

describe("the JSON schema", () => {
  let validate: ValidateFunction;
  beforeAll(() => {
    // What is not of the standard is for the YAML language server; everything else must be known.
    validate = new Ajv({ allErrors: true, allowUnionTypes: true, keywords: ["errorMessage"] }).compile(
      settingsJsonSchema(),
    );
  });

  test.each<[string, string]>([
    ["the example", exampleFile()],
    ["nothing but the repository", "repository: acme/app"],
    ["a share as the brake", 'maxDestroys: "50%"'],
    ["chart values of any kind", "values: { a: { b: [1, two, null] } }"],
    ["several apps", "apps: [{ name: api, chart: { path: ./api } }, { name: web, image: ghcr.io/acme/web }]"],
    ["every label", 'label: "*"'],
  ])("takes %s, as previews does", (_, yaml) => {
    const settings: unknown = parse(yaml);
    expect(validate(settings), JSON.stringify(validate.errors)).toBe(true);
    expect(fileSchema.safeParse(settings).success).toBe(true);
  });

  test.each<[string, string, string, string]>([
    ["an unknown setting", "lable: x", "", "additionalProperties"],
    ["an unknown setting in a group", "chart: { pth: x }", "/chart", "additionalProperties"],
    ["an unknown setting in a list", "apps: [{ name: api, chrt: 1 }]", "/apps/0", "additionalProperties"],
    ["a secret", "github: { token: x }", "/github", "additionalProperties"],
    ["no name", "apps: [{ host: a.example.com }]", "/apps/0", "required"],
    ["a wrong repository", "repository: app", "/repository", "pattern"],
    ["a wrong type", "label: [a]", "/label", "type"],
    ["an empty group", "chart:", "/chart", "type"],
    ["too many at once", "concurrency: 1001", "/concurrency", "maximum"],
    ["no whole number", "concurrency: 1.5", "/concurrency", "type"],
    ["a wrong word", "admission: { forks: never }", "/admission/forks", "enum"],
    ["a wrong word in a list", "admission: { associations: [FRIEND] }", "/admission/associations/0", "enum"],
    ["a wrong duration", "timeout: soon", "/timeout", "pattern"],
    ["a wrong brake", "maxDestroys: half", "/maxDestroys", "anyOf"],
    ["a number as a limit", "quota: { pods: 20 }", "/quota/pods", "type"],
  ])("refuses %s, as previews does", (_, yaml, at, keyword) => {
    const settings: unknown = parse(yaml);
    expect(fileSchema.safeParse(settings).success).toBe(false);
    expect(validate(settings)).toBe(false);
    expect(validate.errors).toContainEqual(expect.objectContaining({ instancePath: at, keyword }));
  });
});

describe("settings as commented YAML", () => {
  const setting = (name: string, more: Partial<Setting> = {}): Setting => ({
    key: name,
    name,
    kind: "value",
    meaning: undefined,
    allowed: undefined,
    fallback: undefined,
    sample: undefined,
    source: undefined,
    settings: [],
    ...more,
  });
  const group = (name: string, ...children: Setting[]) => setting(name, { kind: "group", settings: children });
  const show = ({ fallback, sample }: Setting) =>
    fallback === undefined && sample === undefined
      ? undefined
      : { value: fallback ?? sample, commentedOut: fallback === undefined };
  const explain = ({ meaning }: Setting) => (meaning === undefined ? [] : [meaning]);

  test.each<[string, Setting, string]>([
    ["a value", setting("a", { fallback: "1h", meaning: "Time." }), "# Time.\na: 1h\n"],
    ["text that YAML would misread", setting("a", { fallback: "*" }), 'a: "*"\n'],
    ["a value as a comment", setting("a", { sample: 3, meaning: "Three." }), "# Three.\n# a: 3\n"],
    ["values of several lines", setting("a", { sample: { b: ["c"] } }), "# a:\n#   b:\n#     - c\n"],
    [
      "a group with both",
      group("g", setting("a", { sample: 3 }), setting("b", { fallback: 1, meaning: "One." })),
      "g:\n  # a: 3\n  # One.\n  b: 1\n",
    ],
    [
      "a group of comments is one, and is right without its marks",
      group("g", setting("a", { sample: 3, meaning: "Three." }), group("h", setting("b", { sample: 1 }))),
      "# g:\n#   # Three.\n#   a: 3\n#   h:\n#     b: 1\n",
    ],
    ["a group of nothing is left out", group("g", setting("a")), ""],
    [
      "what a list of groups may hold",
      setting("l", {
        kind: "list of groups",
        fallback: [],
        settings: [setting("a", { fallback: 1, meaning: "One." }), setting("b", { fallback: 2 })],
      }),
      "l: []\n# l:\n#     # One.\n#   - a: 1\n#     b: 2\n",
    ],
    [
      "a long text",
      setting("a", { fallback: 1, meaning: `${"word ".repeat(23)}long enough` }),
      `# ${"word ".repeat(23).trim()}\n# long enough\na: 1\n`,
    ],
  ])("%s", (_, given, expected) => {
    expect(commentedYaml([given], { show, explain })).toBe(expected);
  });
});
