import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../../sandbox/paths.ts";
import { copyComponentPackage } from "../../support/component-package.ts";
import { sandboxObstacle } from "../../support/machine.ts";
import { testTools } from "../../support/test-tools.ts";
import { testPulumi, type TestPulumi } from "./test-stack.ts";

const execute = promisify(execFile);

interface Schema {
  readonly resources: Readonly<
    Record<
      string,
      {
        readonly inputProperties: object;
        readonly properties: object;
        readonly requiredInputs?: readonly string[];
        readonly required?: readonly string[];
      }
    >
  >;
  readonly types: Readonly<Record<string, { readonly properties: object; readonly required?: readonly string[] }>>;
}

describe.skipIf(sandboxObstacle() !== undefined)("the components as a package for other languages", () => {
  let pulumi: TestPulumi;
  let plugin: string;
  let bin: string;

  beforeAll(async () => {
    pulumi = await testPulumi(await testTools());
    plugin = join(pulumi.backend, "plugin");
    ({ bin } = await copyComponentPackage(plugin));
  });
  afterAll(() => pulumi.remove());

  it("give the engine the schema of the golden file", async () => {
    const env = { ...process.env, ...pulumi.env, PATH: [bin, pulumi.env["PATH"]].join(delimiter) };
    const { stdout } = await execute("pulumi", ["package", "get-schema", plugin], {
      cwd: pulumi.backend,
      env,
      maxBuffer: 2 ** 24,
    });
    const golden = await readFile(join(projectRoot, "test/unit/components/package-schema.json"), "utf8");
    expect(outline(JSON.parse(stdout) as Schema)).toEqual(outline(JSON.parse(golden) as Schema));
    expect(await readFile(join(bin, "npm.log"), "utf8")).toContain("install");
  }, 600_000);
});

/** As much of a schema as the engine gives back as it was: names, and what is required. */
function outline({ resources, types }: Schema) {
  return {
    resources: Object.entries(resources)
      .map(([token, { inputProperties, properties, requiredInputs = [], required = [] }]) => ({
        token,
        inputs: Object.keys(inputProperties).sort(),
        outputs: Object.keys(properties).sort(),
        requiredInputs,
        required,
      }))
      .sort((a, b) => (a.token < b.token ? -1 : 1)),
    types: Object.entries(types)
      .map(([token, { properties, required = [] }]) => ({ token, names: Object.keys(properties).sort(), required }))
      .sort((a, b) => (a.token < b.token ? -1 : 1)),
  };
}
