import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { execa } from "execa";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a function answers in a process of its own, like a worker's, where nothing else has loaded what is to wait. */
async function asWorker(body: string): Promise<unknown> {
  const { outputFiles } = await build({
    entryPoints: [`${root}automation/engines/automation/seldom-needed.ts`],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
  });
  const heldBack = `(() => { ${outputFiles[0]?.text ?? ""} })();`;
  const code = `${heldBack} process.stdout.write(JSON.stringify((() => { ${body} })()))`;
  const { stdout } = await execa(process.execPath, ["--eval", code, `${root}worker.cjs`], { cwd: root });
  return JSON.parse(stdout);
}

test("what a preview's program needs is there, and what it does not need is not loaded", async () => {
  const seen = await asWorker(`
    const isLoaded = (part) => Object.values(require.cache).some(({ filename }) => filename?.includes(part));
    const { Stack } = require("@pulumi/pulumi/automation");
    const k8s = require("@pulumi/kubernetes");
    return {
      stack: typeof Stack,
      namespace: k8s.core.v1.Namespace.name,
      loaded: ["/core/v1/namespace", "/typescript/lib/", "/spdx-correct/", "/helm/v3/", "/yaml/yaml", "/apps/v1/"].filter(isLoaded),
    };
  `);
  expect(seen).toEqual({ stack: "function", namespace: "Namespace", loaded: ["/core/v1/namespace"] });
});

test("what waits is what it stands for, once somebody uses it", async () => {
  const seen = await asWorker(`
    const k8s = require("@pulumi/kubernetes");
    const correct = require("spdx-correct");
    const typescript = require("typescript");
    return {
      release: k8s.helm.v3.Release.__pulumiType,
      same: k8s.helm.v3 === require("@pulumi/kubernetes/helm/v3"),
      names: Object.keys(k8s.kustomize).length > 0 && "v2" in k8s.yaml,
      corrected: correct("Apache 2"),
      version: typescript.version.split(".").length,
    };
  `);
  expect(seen).toEqual({
    release: "kubernetes:helm.sh/v3:Release",
    same: true,
    names: true,
    corrected: "Apache-2.0",
    version: 3,
  });
});
