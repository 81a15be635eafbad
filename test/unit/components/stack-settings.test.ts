import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { platform } from "../../../stacks/platform/program.ts";
import { previewSettings } from "../../../stacks/preview/preview-settings.ts";
import { previewProgram } from "../../../stacks/preview/program.ts";
import { repositoryProgram } from "../../../stacks/repository/program.ts";
import { answers, previewSpec } from "./fixtures.ts";
import { run } from "./registered.ts";

interface Project {
  readonly name: string;
  readonly config: Readonly<Record<string, { readonly description?: string; readonly default?: unknown }>>;
}

function project(...path: string[]): Project {
  return parse(readFileSync(join(import.meta.dirname, "../../..", ...path, "Pulumi.yaml"), "utf8")) as Project;
}

/** The configuration as Pulumi hands it to a program: the project's defaults under the stack's values, all of it text. */
function configured({ name, config }: Project, values: Readonly<Record<string, unknown>>): Record<string, string> {
  const defaults = Object.entries(config).map(([key, setting]): [string, unknown] => [key, setting.default]);
  const all: [string, unknown][] = [...defaults.filter(([, value]) => value !== undefined), ...Object.entries(values)];
  return Object.fromEntries(
    all.map(([key, value]) => [`${name}:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

describe("the platform's settings", () => {
  const own = project();

  test("are all described", () => {
    for (const setting of Object.values(own.config)) expect(setting.description).toBeTruthy();
  });

  test("have the components' own defaults", async () => {
    const written = await run(() => platform(own.name, configured(own, {})), answers);
    const leftOut = await run(() => platform(own.name, {}), answers);
    expect(written.resources).toEqual(leftOut.resources);
  });

  test("reach the components", async () => {
    const { resources } = await run(
      () =>
        platform(
          own.name,
          configured(own, { cluster: "existing", appInsecure: true, fluxComponents: ["helm-controller"] }),
        ),
      answers,
    );
    const text = JSON.stringify(resources);
    expect(text).toContain('"insecure":true');
    expect(text).toContain('"components":["helm-controller"]');
    expect(text).not.toContain("command:local:Command");
  });

  test.for([
    [{}, ["app/namespace", "app/release", "flux/namespace", "gateway/namespace", "previews/namespace"]],
    [{ protect: false }, []],
  ] as const)("%j protects %j", async ([values, expected]) => {
    const { resources } = await run(() => platform(own.name, configured(own, values)), answers);
    const guarded = resources.filter(({ options }) => options?.["protect"] === true);
    expect(guarded.map(({ parent, name }) => `${parent}/${name}`)).toEqual(expected);
  });

  test("put the gateway on the internet only where that is asked for", async () => {
    const asked = { expose: "ngrok", ngrokAuthtoken: "a-token", ngrokDomain: "example.ngrok-free.app" };
    const agents = async (values: Readonly<Record<string, unknown>>) => {
      const { resources } = await run(() => platform(own.name, configured(own, values)), answers);
      return resources.filter(({ type }) => type === "preview-environments:index:Ngrok").length;
    };
    expect(await agents({})).toBe(0);
    expect(await agents(asked)).toBe(1);
    expect(() => platform(own.name, configured(own, { ...asked, expose: "anything" }))).toThrow(
      'expose: "anything" is not one of "ngrok"',
    );
  });

  test("are refused in one message, before anything is registered", () => {
    const config = configured(own, {
      cluster: "minikube",
      appInterval: "often",
      appValues: "{",
      appSemvar: "1",
      host: "",
    });
    const message =
      "the configuration of preview-environments cannot be used:\n" +
      '  cluster: "minikube" is not one of "kind", "existing"\n' +
      '  appInterval: "often" is not a duration such as "90s" or "5m"\n' +
      '  appValues: "{" is not an object\n' +
      "  appSemvar: is not a setting; settings are appCertSecret, appChart,";
    expect(() => platform(own.name, config)).toThrow(message);
  });

  test("leave the configuration of others alone", async () => {
    const { resources } = await run(
      () => platform(own.name, { ...configured(own, { cluster: "existing" }), "kubernetes:anything": "x" }),
      answers,
    );
    expect(resources.length).toBeGreaterThan(0);
  });
});

describe("a preview's settings", () => {
  const own = project("stacks", "preview");
  const { repository, sha, branch, source } = previewSpec;
  const config = configured(own, { repository, sha, branch, sourceUrl: source.url });

  test("give the spec that the driver would, by the stack's name", async () => {
    const settings = previewSettings(own.name, "pr-41", config);
    expect(settings.spec).toEqual(previewSpec);
    const { outputs } = await run(() => previewProgram(settings), answers, own.name);
    expect(outputs).toMatchObject({ namespace: "pr-41", url: "http://kbot.example.com/pr-41", sha });
  });

  test("need a stack that is named after a pull request", () => {
    expect(() => previewSettings(own.name, "dev", config)).toThrow('stack "dev" is not named after a pull request');
  });

  test("are refused in one message", () => {
    const wrong = { ...config, "previews:routeMode": "port", "previews:chartTimeout": "5" };
    expect(() => previewSettings(own.name, "pr-41", wrong)).toThrow(
      "the configuration of previews cannot be used:\n" +
        '  chartTimeout: "5" is not a duration such as "90s" or "5m"\n' +
        '  routeMode: "port" is not one of "path", "host"',
    );
  });
});

describe("the repository's settings", () => {
  const own = project("stacks", "repository");

  test("are all described, and have the component's own defaults", async () => {
    for (const setting of Object.values(own.config)) expect(setting.description).toBeTruthy();
    const given = { [`${own.name}:repository`]: "acme/app" };
    const written = await run(() => repositoryProgram(own.name, { ...configured(own, {}), ...given }), answers);
    const leftOut = await run(() => repositoryProgram(own.name, given), answers);
    expect(written.resources).toEqual(leftOut.resources);
  });

  test("reach the component, with the secrets that are given and no others", async () => {
    const values = { repository: "acme/app", passphrase: "open sesame", requiredChecks: ["preview"] };
    const { resources } = await run(() => repositoryProgram(own.name, configured(own, values)), answers);
    const text = JSON.stringify(resources);
    expect(text).toContain('"secretName":"PULUMI_CONFIG_PASSPHRASE","value":{"secret":"open sesame"}');
    expect(text).not.toContain("PULUMI_ACCESS_TOKEN");
    expect(text).toContain('"contexts":["preview"]');
  });

  test("are refused in one message", () => {
    expect(() => repositoryProgram(own.name, configured(own, { label: " ", webhooks: "no" }))).toThrow(
      "the configuration of repository cannot be used:\n" +
        '  label: " " is not the name of a label, at most 50 characters\n' +
        '  webhooks: "no" is not an object, each value an object',
    );
    expect(() => repositoryProgram(own.name, configured(own, {}))).toThrow(
      'repository: is missing; allowed: "owner/name"',
    );
  });
});
