import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkPolicy } from "../../../automation/engines/automation/check-policy.ts";
import { Findings } from "../../../automation/engines/automation/findings.ts";
import { registeredResources } from "../../../automation/engines/automation/registered-resources.ts";
import { PolicyRefusal } from "../../../automation/engines/engine.ts";
import type { Violation } from "../../../automation/model.ts";
import { previewDefaults, type PreviewSpec } from "../../../components/manifests/preview.ts";
import { previewProgram } from "../../../stacks/preview/program.ts";

const spec: PreviewSpec = {
  ...previewDefaults,
  number: 41,
  repository: "acme/app",
  sha: "0123456789abcdef0123456789abcdef01234567",
  branch: "feature",
  source: { ...previewDefaults.source, url: "https://github.example.com/acme/app.git" },
};
const program = (change: Partial<PreviewSpec> = {}) => {
  return () => previewProgram({ spec: { ...spec, ...change }, kubeconfig: "the kubeconfig" });
};
const stack = { project: "previews", stack: "pr-41" };

describe("what a program registers without an engine", () => {
  test("is every resource and the stack with its outputs", async () => {
    const found = await registeredResources(program(), stack);
    expect(found.map(({ type }) => type)).toContain("kubernetes:helm.toolkit.fluxcd.io/v2:HelmRelease");
    expect(found.find(({ type }) => type === "pulumi:pulumi:Stack")).toMatchObject({
      urn: expect.stringContaining("urn:pulumi:pr-41::previews::") as string,
      properties: { namespace: "pr-41", sha: spec.sha },
    });
  });

  test("has its secrets marked", async () => {
    const provider = (await registeredResources(program(), stack)).find(({ name }) => name === "kubernetes");
    expect(provider?.properties["kubeconfig"]).toEqual({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: "the kubeconfig",
    });
  });

  test("is that of the latest program only", async () => {
    await registeredResources(program({ number: 7 }), { ...stack, stack: "pr-7" });
    const found = await registeredResources(program(), stack);
    expect(found.filter(({ urn }) => !urn.startsWith("urn:pulumi:pr-41::"))).toEqual([]);
  });

  test("is nothing where the program fails", async () => {
    const failing = () => {
      throw new Error("no such chart");
    };
    await expect(registeredResources(failing, stack)).rejects.toThrow("no such chart");
  });
});

const rules = join(import.meta.dirname, "../../../policy/check-program.ts");

async function check(change: Partial<PreviewSpec>, config: object = {}, file: string | undefined = rules) {
  const found: Violation[] = [];
  const findings = new Findings((violation) => found.push(violation));
  const pack = { folder: "/policy", rules: file, config: config as Readonly<Record<string, unknown>> };
  const refusal: unknown = await checkPolicy(pack, program(change), stack, findings).catch((error: unknown) => error);
  return { found, refusal };
}

describe("before anything is touched", () => {
  test("a preview that keeps the rules passes", async () => {
    expect(await check({})).toEqual({ found: [], refusal: undefined });
  });

  test("one that breaks them is refused, with rule, resource and how to mend it", async () => {
    const { found, refusal } = await check({ values: { hostNetwork: true, hostPID: true } });
    expect(refusal).toBeInstanceOf(PolicyRefusal);
    expect(found.map(({ problem }) => problem)).toEqual([
      "spec.values.hostNetwork is true",
      "spec.values.hostPID is true",
    ]);
    expect((refusal as Error).message).toBe(
      [
        "the policy pack forbids it; nothing was changed.",
        'preview-has-no-host-namespaces: HelmRelease "app-preview/pr-41": spec.values.hostNetwork is true',
        "  Take hostNetwork, hostPID and hostIPC out: with them no network policy holds, and every process is in reach. " +
          "See policy/README.md#preview-has-no-host-namespaces.",
        'preview-has-no-host-namespaces: HelmRelease "app-preview/pr-41": spec.values.hostPID is true',
        "  Take hostNetwork, hostPID and hostIPC out: with them no network policy holds, and every process is in reach. " +
          "See policy/README.md#preview-has-no-host-namespaces.",
      ].join("\n"),
    );
  });

  test("advice is told and stops nothing", async () => {
    const { found, refusal } = await check({ values: { hostNetwork: true } }, { all: "advisory" });
    expect(refusal).toBeUndefined();
    expect(found).toMatchObject([{ rule: "preview-has-no-host-namespaces", enforcementLevel: "advisory" }]);
  });

  test("rules that cannot be run refuse", async () => {
    const { refusal } = await check({}, { all: "strict" });
    expect(refusal).toBeInstanceOf(PolicyRefusal);
    expect((refusal as Error).message).toContain('the rules of the policy pack "/policy" could not be run: ');
    expect((refusal as Error).message).toContain('all: "strict" is not one of advisory');
  });

  test("a pack of which only the engine can run the rules says nothing here", async () => {
    const pack = { folder: "/policy", config: {}, rules: undefined };
    const findings = new Findings(() => undefined);
    await expect(checkPolicy(pack, program({ values: { hostNetwork: true } }), stack, findings)).resolves.toBe(
      undefined,
    );
  });
});
