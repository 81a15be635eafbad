import { execFile } from "node:child_process";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundle } from "./bundle.js";

// What the published package has beside the sources: components and policy pack as CommonJS with their types, and the
// driver as one bundle.
const root = fileURLToPath(new URL("..", import.meta.url));
const path = (name) => `${root}${name}`;

await rm(path("dist"), { recursive: true, force: true });
await compile("tsconfig.build.json");
await Promise.all([
  // They say that the compiled files beside them are CommonJS.
  copyFile(path("components/package.json"), path("dist/components/package.json")),
  copyFile(path("policy/PulumiPolicy.yaml"), path("dist/policy/PulumiPolicy.yaml")),
  writeFile(path("dist/policy/package.json"), await policyPackage()),
  bundle(path("dist/previews")),
]);

async function compile(project) {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "--project", path(project)], { cwd: root });
  } catch (error) {
    throw new Error(`tsc --project ${project} failed:\n${error.stdout}`, { cause: error });
  }
}

async function policyPackage() {
  const { dependencies, ...rest } = JSON.parse(await readFile(path("policy/package.json"), "utf8"));
  // Nothing is left to compile, and Pulumi's packages are those of the package this is a part of.
  return `${JSON.stringify({ ...rest, main: "index.js" }, undefined, 2)}\n`;
}
