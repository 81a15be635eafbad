import fc from "fast-check";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parsePreviewName } from "../../../components/manifests/preview-name.ts";
import { isPreviewName } from "../../../policy/preview-scope.ts";
import { rules } from "../../../policy/rules.ts";

const root = join(import.meta.dirname, "../../..");
const pack = join(root, "policy");

interface Manifest {
  readonly main: string;
  readonly type: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

describe("the pack", () => {
  test("has a file for every rule, named for it", () => {
    const files = globSync("*.ts", { cwd: join(pack, "rules") }).map((file) => basename(file, ".ts"));
    expect(files.sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  test.for(rules.map((rule) => [rule.name, rule] as const))("%s is complete", async ([name, rule]) => {
    const exported: unknown = await import(`../../../policy/rules/${name}.ts`);
    expect(Object.values(exported as object)).toEqual([rule]);
    for (const text of [rule.description, rule.remediation]) expect(text).toMatch(/^[A-Z].*\.$/s);
    for (const { description } of Object.values(rule.settings ?? {})) expect(description).toMatch(/^[A-Z].*[^.]$/);
  });

  test("is a package of its own, of the versions that the repository installs", () => {
    const own = manifest(pack);
    expect(own).toMatchObject({
      main: "index.ts",
      type: "commonjs",
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
    });
    for (const [name, version] of Object.entries(own.dependencies)) {
      expect(manifest(join(root, "node_modules", name)).version.replace(/^v/, "")).toBe(version);
    }
  });

  test("is run by Node.js without options, since Pulumi's policy runner takes none", () => {
    expect(parse(readFileSync(join(pack, "PulumiPolicy.yaml"), "utf8"))).toMatchObject({ runtime: "nodejs" });
  });
});

test("a preview is known by the name that the components give it", () => {
  const text = fc.oneof(fc.stringMatching(/^pr-[0-9]{0,11}(-[a-z0-9-]{0,32})?$/), fc.string());
  fc.assert(
    fc.property(text, (name) => {
      expect(isPreviewName(name)).toBe(parsePreviewName(name) !== undefined);
    }),
  );
});
