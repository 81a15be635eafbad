import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPolicyPack, type PackConfig } from "../../../automation/policy-pack.ts";

const root = join(import.meta.dirname, "../../..");
const controlNamespace = "previews";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "policy-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function pack(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, name));
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, name, file), content);
}

async function find(policy: string | undefined, policyConfig?: PackConfig, cwd = folder) {
  const { pack: found, problems } = await findPolicyPack({ policy, policyConfig, controlNamespace }, cwd);
  return { found, problems: problems.map(({ key, text }) => `${key}: ${text}`) };
}

describe("the policy pack of the settings", () => {
  test("is none by default", async () => {
    expect(await find(undefined)).toEqual({ found: undefined, problems: [] });
  });

  test("of this repository is told the control namespace, unless the settings say otherwise", async () => {
    const stays = "preview-stays-in-its-namespaces";
    const { found, problems } = await find("./policy", { [stays]: "advisory" }, root);
    expect(problems).toEqual([]);
    expect(found).toMatchObject({ folder: join(root, "policy"), rules: join(root, "policy/check-program.ts") });
    expect(found?.config).toEqual({
      [stays]: { enforcementLevel: "advisory", controlNamespaces: ["previews"] },
      "preview-rights-are-narrow": { controlNamespaces: ["previews"] },
    });
  });

  test("may be one that only the engine can run", async () => {
    await pack("other", { "PulumiPolicy.yaml": "runtime: python\n" });
    expect(await find("other", { all: "advisory" })).toEqual({
      found: { folder: join(folder, "other"), config: { all: "advisory" }, rules: undefined },
      problems: [],
    });
  });

  test.for<[string, string | undefined, PackConfig | undefined, string]>([
    ["a folder that is not there", "polcy", undefined, 'policy: "polcy" is no policy pack: "'],
    ["a folder without a pack", ".", undefined, "holds no PulumiPolicy.yaml; allowed: the folder of one"],
    [
      "a configuration without a pack",
      undefined,
      { all: "advisory" },
      "policyConfig: there is no policy pack to tell it",
    ],
  ])("%s is one problem", async ([, policy, config, problem]) => {
    const { found, problems } = await find(policy, config);
    expect(found).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test("is told everything that is wrong with its configuration", async () => {
    const { problems } = await find("policy", { "no-such-rule": "advisory", all: "strict" }, root);
    expect(problems).toEqual([
      expect.stringContaining("policyConfig: no-such-rule: is not a rule; rules are all, "),
      'policyConfig: all: "strict" is not one of advisory, mandatory, remediate, disabled',
    ]);
  });

  test.for([
    ["cannot be loaded", "throw new Error('no such module');", "no such module"],
    ["lacks a function", "export const configProblems = () => [];", "it does not export the functions configProblems,"],
  ] as const)("whose rules %s is one problem", async ([, content, reason]) => {
    await pack("broken", { "PulumiPolicy.yaml": "runtime: nodejs\n", "check-program.ts": content });
    const { found, problems } = await find("broken");
    expect(found).toBeUndefined();
    expect(problems).toEqual(
      [`policy: "${join(folder, "broken/check-program.ts")}" cannot be used: ${reason}`].map(
        (text) => expect.stringContaining(text) as string,
      ),
    );
  });
});
