import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");
const script = join(root, ".devcontainer/install-tools.sh");
const feature = /^[a-z0-9.-]+(\/[a-z0-9-]+)+:\d+(\.\d+)*$/;

/** The part of https://containers.dev/implementors/json_reference/ that is used here. */
const devContainer = z.strictObject({
  name: z.string().min(1),
  image: z.string().regex(/^[^\s:]+:(?!latest)[\w.-]+$/),
  features: z.record(z.string().regex(feature), z.record(z.string(), z.union([z.string(), z.boolean()]))),
  onCreateCommand: z.string(),
  postCreateCommand: z.string(),
  remoteEnv: z.record(z.string(), z.string()),
  hostRequirements: z.strictObject({ cpus: z.int().positive(), memory: z.string().regex(/^\d+[tgmk]b$/) }),
  customizations: z.strictObject({
    vscode: z.strictObject({ extensions: z.array(z.string().regex(/^[\w-]+\.[\w-]+$/)) }),
  }),
});

const text = readFileSync(join(root, ".devcontainer/devcontainer.json"), "utf8");
const parsed = devContainer.parse(JSON.parse(text));

test("the development container is what tools that read it accept", () => {
  expect(Object.keys(parsed.features).length).toBeGreaterThan(0);
});

test("it has the tools, at versions that this project is made with", () => {
  const [, file = ""] = /^bash (\S+)$/.exec(parsed.onCreateCommand) ?? [];
  expect(existsSync(join(root, file))).toBe(true);
  const steps = readFileSync(script, "utf8");
  for (const tool of ["pulumi", "flux", "kind", "k9s"]) expect(steps).toMatch(new RegExp(`install .*/${tool}\\b`));
  const kubernetes = parsed.features["ghcr.io/devcontainers/features/kubectl-helm-minikube:1"];
  expect(kubernetes).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string, minikube: "none" });
  const versions = [...steps.matchAll(/^([A-Z0-9]+)_VERSION=(\S+)$/gm)].map(([, tool, version]) => [tool, version]);
  expect(versions.map(([tool]) => tool)).toEqual(["PULUMI", "FLUX", "KIND", "K9S"]);
  for (const [, version] of versions) expect(version).toMatch(/^v?\d+\.\d+\.\d+$/);
  const installed = readFileSync(join(root, "node_modules/@pulumi/pulumi/package.json"), "utf8");
  expect(versions[0]?.[1]).toBe((JSON.parse(installed) as { readonly version: string }).version);
});

test("its script can be read by bash", () => {
  execFileSync("bash", ["-n", script]);
});
