import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../../sandbox/paths.ts";
import { sandboxObstacle } from "../../support/machine.ts";
import { testTools } from "../../support/test-tools.ts";
import { testPulumi, type TestPulumi } from "./test-stack.ts";

const program = `
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const config = new pulumi.Config();
const round: number = config.getNumber("round") ?? 0;
const password = new random.RandomPassword("password", { length: 20, minNumeric: 3, keepers: { round: String(round) } });
const pet = new random.RandomPet("pet", { prefix: "my" });
export const drawn = password.result;
export const name = pet.id;
export const token = config.requireSecret("token").apply((text) => text.length);
export const where = [pulumi.getProject(), pulumi.getStack(), String(pulumi.runtime.isDryRun())].join("/");
`;

describe.skipIf(sandboxObstacle() !== undefined)("the Node.js language host", () => {
  let pulumi: TestPulumi;

  beforeAll(async () => {
    pulumi = await testPulumi(await testTools());
  });
  afterAll(() => pulumi.remove());

  async function project(name: string, runtime: string, source: string) {
    const folder = join(pulumi.backend, name);
    await mkdir(folder);
    await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${name}\nruntime: ${runtime}\nmain: index.ts\n`);
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, dependencies: { "@pulumi/pulumi": "*" } }));
    await writeFile(join(folder, "index.ts"), source);
    const run = (...args: string[]) =>
      new Promise<{ code: number; stdout: string }>((resolve) => {
        execFile(
          "pulumi",
          [...args, "--non-interactive"],
          { cwd: folder, env: { ...process.env, ...pulumi.env } },
          (error, stdout) => {
            resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout });
          },
        );
      });
    expect((await run("stack", "init", "one")).code).toBe(0);
    expect((await run("config", "set", "--secret", "token", "12345")).code).toBe(0);
    return run;
  }

  it.each([
    ["ts-node", "nodejs"],
    ["tsx", '{ name: nodejs, options: { typescript: false, nodeargs: "--import tsx" } }'],
  ])("runs a TypeScript program with %s", async (name, runtime) => {
    const run = await project(name, runtime, program);
    const up = () => run("up", "--yes", "--skip-preview");
    const outputs = async () =>
      JSON.parse((await run("stack", "output", "--json", "--show-secrets")).stdout) as Record<string, unknown>;

    const preview = await run("preview");
    expect(preview.stdout).toContain("3 to create");
    expect((await up()).code).toBe(0);
    const first = await outputs();
    expect(first).toMatchObject({ token: 5, where: `${name}/one/false` });
    expect(first["drawn"]).toMatch(/^(?=(.*\d){3}).{20}$/);
    expect(first["name"]).toMatch(/^my-[a-z]+-[a-z]+$/);
    expect((await run("stack", "export")).stdout).not.toContain(first["drawn"]);

    expect((await up()).stdout).toContain("3 unchanged");
    expect(await outputs()).toEqual(first);
    await run("config", "set", "round", "1");
    expect((await up()).stdout).toMatch(/1 replaced/);
    expect((await outputs())["drawn"]).not.toBe(first["drawn"]);
    expect((await run("destroy", "--yes", "--skip-preview")).code).toBe(0);
  });

  it("tells a user's error once, without its own words around it", async () => {
    const run = await project("failing", "nodejs", 'throw new Error("the program is wrong");');
    const { code, stdout } = await run("up", "--yes", "--skip-preview");
    expect(code).not.toBe(0);
    expect(stdout).toContain("the program is wrong");
    expect(stdout).not.toContain("non-zero exit code");
  });

  it("says which Node runs, and what the program depends on", async () => {
    const run = await project("about", "nodejs", "export const nothing = 0;");
    const about = JSON.parse((await run("about", "--json")).stdout) as {
      readonly runtime: { readonly language: string; readonly version: string };
      readonly dependencies: readonly { readonly name: string; readonly version: string }[];
    };
    expect(about.runtime).toMatchObject({ language: "nodejs", version: process.version });
    expect(about.dependencies.map(({ name }) => name)).toEqual(["@pulumi/pulumi"]);
  });
});
