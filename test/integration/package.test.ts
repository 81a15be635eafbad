import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../sandbox/paths.ts";
import { packed } from "../support/packed.ts";
import about from "../../package.json" with { type: "json" };

const execute = promisify(execFile);
const slow = 600_000;

// The published package: packed once, unpacked where npm would put it, its dependencies those of this checkout.
describe("the package", () => {
  let folder: string;
  let tarball: string;
  let installed: string;
  let foreign: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "package-"));
    foreign = join(folder, "foreign");
    tarball = await packed(folder);
    const modules = join(foreign, "node_modules");
    installed = join(modules, about.name);
    await mkdir(installed, { recursive: true });
    await execute("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
    for (const name of await readdir(join(projectRoot, "node_modules"))) {
      if (!name.startsWith(".")) await symlink(join(projectRoot, "node_modules", name), join(modules, name));
    }
  }, slow);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const node = (...args: string[]) => execute("node", args, { cwd: foreign });

  test("holds what its users need, and nothing of the sandbox or the tests", async () => {
    const { stdout } = await execute("tar", ["-tzf", tarball]);
    const files = stdout.split("\n").map((file) => file.replace(/^package\//, ""));
    for (const file of [
      "LICENSE",
      "README.md",
      "PulumiPlugin.yaml",
      "Pulumi.yaml",
      "previews.schema.json",
      "bin/previews.js",
      "components/index.ts",
      "dist/components/index.d.ts",
      "dist/policy/PulumiPolicy.yaml",
      "dist/policy/check-program.js",
      "dist/previews/cli.cjs",
      "dist/previews/worker.cjs",
      "dist/previews/LICENSES.txt",
      "stacks/preview/Pulumi.yaml",
    ])
      expect(files).toContain(file);
    expect(files.filter((file) => /^(automation|sandbox|test|examples|vendor|\.)/.test(file))).toEqual([]);
  });

  test("publint has nothing to say", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("its types are right for every way of resolving modules", async () => {
    const { stdout } = await execute("npx", ["attw", tarball, "--format", "json"], {
      cwd: projectRoot,
      maxBuffer: 2 ** 26,
    }).catch((error: unknown) => error as { readonly stdout: string });
    const { analysis } = JSON.parse(stdout) as { readonly analysis: { readonly problems: readonly unknown[] } };
    expect(analysis.problems).toEqual([]);
  });

  test(
    "a foreign program type-checks against it, and runs",
    async () => {
      for (const file of ["index.ts", "package.json", "tsconfig.json"])
        await writeFile(join(foreign, file), await readFile(join(projectRoot, "examples/reuse", file)));
      const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
      await node(tsc, "-p", ".", "--noEmit", "false", "--outDir", "out");

      await writeFile(join(foreign, "mocked.cjs"), mocked);
      const { stdout } = await node("mocked.cjs");
      const { types, outputs } = JSON.parse(stdout) as {
        readonly types: readonly string[];
        readonly outputs: Readonly<Record<string, string>>;
      };
      expect(outputs).toEqual({ address: "192.0.2.100", url: "http://pr-1-candidate.shop.example.com/" });
      expect(types).toContain("preview-environments:index:PreviewEnvironment");
      expect(types).toContain("kubernetes:helm.toolkit.fluxcd.io/v2:HelmRelease");

      // What is wrong is refused by the compiler.
      await writeFile(
        join(foreign, "index.ts"),
        'import { PreviewEnvironment } from "preview-environments";\nnew PreviewEnvironment("x", { number: "one" });\n',
      );
      const refused = await node(tsc, "-p", ".").catch((error: unknown) => error as { readonly stdout: string });
      expect(refused.stdout).toMatch(/Type 'string' is not assignable to type 'number'/);
    },
    slow,
  );

  test("ES modules see its names, and the pure functions load no Pulumi", async () => {
    const script = `
      import { PreviewEnvironment } from "preview-environments";
      import { previewName } from "preview-environments/manifests";
      console.log(typeof PreviewEnvironment, previewName({ number: 41, app: "api" }));`;
    expect((await node("--input-type=module", "-e", script)).stdout).toBe("function pr-41-api\n");
    const loaded = `require("preview-environments/manifests");
      console.log(Object.keys(require.cache).filter((file) => file.includes("@pulumi")).length)`;
    expect((await node("-e", loaded)).stdout).toBe("0\n");
  });

  test(
    "every export of its components is documented, and every link leads somewhere",
    async () => {
      const { stdout } = await execute("npx", ["typedoc", "--out", join(folder, "api")], { cwd: projectRoot });
      expect(stdout).toContain("html generated at");
      expect(await readdir(join(folder, "api/classes"))).toContain("index.PreviewEnvironment.html");
    },
    slow,
  );

  test("previews runs from it", async () => {
    const previews = join(installed, "bin/previews.js");
    expect((await node(previews, "--version")).stdout.trim()).toBe(about.version);
    const { stdout } = await node(previews, "--help");
    expect(stdout).toContain("sync");
    expect(stdout).not.toContain("esbuild");
  });

  test("its policy pack can be loaded as it lies there", async () => {
    const rules = join(installed, "dist/policy/check-program.js");
    const { stdout } = await node("-e", `console.log(typeof require(${JSON.stringify(rules)}).checkProgram)`);
    expect(stdout).toBe("function\n");
  });
});

const mocked = `
const pulumi = require("@pulumi/pulumi");
const types = [];
(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      types.push(type);
      const status = type.endsWith(":Gateway") ? { status: { addresses: [{ value: "192.0.2.100" }] } } : {};
      return { id: name, state: { ...inputs, ...status } };
    },
    call: ({ inputs }) => inputs,
  }, "reuse", "test");
  pulumi.runtime.setAllConfig({ "reuse:sha": "0123456789abcdef0123456789abcdef01234567" });
  const program = () => require("./out/index.js");
  const outputs = await pulumi.runtime.runInPulumiStack(async () => program());
  console.log(JSON.stringify({ types, outputs }));
})();
`;
