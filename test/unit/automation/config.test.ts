import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig, type Config } from "../../../automation/config.ts";
import { ProblemsError } from "../../../automation/problem.ts";

const kubeconfig = {
  clusters: [{ name: "c", cluster: { server: "https://cluster.example.com:6443" } }],
  users: [{ name: "u", user: { token: "cluster-token" } }],
  contexts: [
    { name: "one", context: { cluster: "c", user: "u" } },
    { name: "two", context: { cluster: "c", user: "u" } },
  ],
  "current-context": "one",
};

let folder: string;
let good: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "config-"));
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
  good = {
    HOME: folder,
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_TOKEN: "token",
    KUBECONFIG: join(folder, "kubeconfig"),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "",
  };
});
afterEach(() => rm(folder, { recursive: true }));

interface Given {
  readonly file?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly flags?: Readonly<Record<string, string>>;
}

async function load({ file, env = {}, flags = {} }: Given): Promise<Config> {
  if (file !== undefined) await writeFile(join(folder, "previews.yaml"), file);
  return loadConfig({ cwd: folder, env: { ...good, ...env }, flags });
}

async function problems(given: Given): Promise<readonly string[]> {
  const error = await load(given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemsError)) throw new Error("no problem was found", { cause: error });
  expect(error.exitCode).toBe(2);
  expect(error.message).toContain("nothing was changed");
  return error.problems.map(({ key, text }) => `${key}: ${text}`);
}

describe("settings", () => {
  test("the environment alone is enough", async () => {
    const config = await load({ env: { GATEWAY_ADDRESS: "203.0.113.7", PREVIEW_HOST: "app.example.com" } });
    expect(config).toMatchObject({
      repository: "acme/app",
      label: "preview",
      engine: "automation",
      auth: { kind: "token", token: "token" },
      cacheFolder: join(folder, ".cache", "preview-environments", "driver"),
      github: { apiUrl: "https://api.github.com" },
      pulumi: { project: "previews", backendUrl: `file://${folder}` },
      kubeconfig: { context: "one", server: "https://cluster.example.com:6443" },
      controlNamespace: "app-preview",
      chart: { path: "./helm" },
      route: { mode: "path", host: "app.example.com", address: "203.0.113.7" },
      timeoutSeconds: 600,
    });
    expect(config.concurrency).toBeGreaterThan(0);
    expect(Object.isFrozen(config.route.gateway)).toBe(true);
  });

  test.each<[string, Given, string]>([
    ["the default", {}, "preview"],
    ["the file over the default", { file: "label: file" }, "file"],
    ["the environment over the file", { file: "label: file", env: { PREVIEW_LABEL: "env" } }, "env"],
    ["a flag over both", { file: "label: file", env: { PREVIEW_LABEL: "env" }, flags: { label: "flag" } }, "flag"],
    ["an empty variable is none", { file: "label: file", env: { PREVIEW_LABEL: "" } }, "file"],
  ])("%s", async (_, given, label) => {
    expect((await load(given)).label).toBe(label);
  });

  test("numbers and durations are understood from text", async () => {
    const config = await load({ env: { PREVIEW_CONCURRENCY: "3" }, flags: { timeout: "1m30s" } });
    expect(config).toMatchObject({ concurrency: 3, timeoutSeconds: 90 });
  });

  test("the cluster takes hundreds at once, this machine does not", async () => {
    const many = { flags: { concurrency: "200" } };
    expect((await load({ flags: { ...many.flags, engine: "flux" } })).concurrency).toBe(200);
    expect(await problems(many)).toEqual([
      'concurrency (--concurrency): 200 is too many for the engine "automation"; allowed: a whole number from 1 to 32',
    ]);
  });

  test("a context is chosen by name", async () => {
    expect((await load({ flags: { context: "two" } })).kubeconfig.context).toBe("two");
  });

  test("the example holds the defaults", async () => {
    const example = join(import.meta.dirname, "../../../previews.example.yaml");
    expect(await load({ flags: { config: example, repository: "acme/app" } })).toEqual(await load({}));
  });

  test("a settings file may lie elsewhere", async () => {
    await writeFile(join(folder, "other.yaml"), "label: elsewhere");
    expect((await load({ flags: { config: "other.yaml" } })).label).toBe("elsewhere");
  });
});

describe("problems", () => {
  test("all of them come at once", async () => {
    const found = await problems({
      file: "lable: x\nconcurrency: 99\nchart: { path: /abs, foo: 1 }\ngithub: nope\ntoken: abc\n",
      env: { GITHUB_REPOSITORY: undefined, GITHUB_TOKEN: undefined, PULUMI_CONFIG_PASSPHRASE: undefined },
      flags: { "backend-url": "file:///no/such/folder", kubeconfig: "/no/such/file", engine: "helm" },
    });
    expect(found.map((problem) => problem.split(":")[0]).toSorted()).toEqual(
      [
        ...["GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "chart.foo", "chart.path", "concurrency", "engine (--engine)"],
        ...["github", "kubernetes.kubeconfig", "lable", "pulumi.backendUrl", "repository", "token"],
      ].toSorted(),
    );
  });

  test("the flux engine needs nothing of Pulumi", async () => {
    const pulumi = {
      env: { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: undefined },
      flags: { "backend-url": "file:///no/such/folder" },
    };
    const flux = { ...pulumi, flags: { ...pulumi.flags, engine: "flux" } };
    expect(await load(flux)).toMatchObject({ engine: "flux", concurrency: 500 });
    expect(await problems(pulumi)).toHaveLength(2);
  });

  test.each<[string, Given, RegExp]>([
    ["an unknown key", { file: "lable: x" }, /^lable: there is no such setting; allowed: repository, label, /],
    [
      "an unknown key in a group",
      { file: "chart: { pth: x }" },
      /^chart.pth: .*allowed in "chart": path, interval, timeout$/,
    ],
    ["a secret in the file", { file: "github: { token: x }" }, /^github.token: secrets are not read from a file/],
    ["a wrong type", { file: "label: [a]" }, /^label: \["a"\] is not the name of a label/],
    [
      "a wrong variable",
      { env: { PREVIEW_CONCURRENCY: "many" } },
      /^concurrency \(PREVIEW_CONCURRENCY\): "many" is not/,
    ],
    ["a wrong flag", { flags: { concurrency: "0" } }, /^concurrency \(--concurrency\): 0 is not a whole number from 1/],
    ["an empty flag", { flags: { label: "" } }, /^label \(--label\): "" is not/],
    [
      "a wrong repository",
      { flags: { repository: "app" } },
      /^repository \(--repository\): "app" is not "owner\/name"$/,
    ],
    [
      "a missing repository",
      { env: { GITHUB_REPOSITORY: "" } },
      /^repository: is missing.*GITHUB_REPOSITORY, --repository$/,
    ],
    ["a wrong chart folder", { file: "chart: { path: ../up }" }, /^chart.path: "..\/up" is not a folder of the repo/],
    [
      "a wrong host",
      { env: { PREVIEW_HOST: "Not A Host" } },
      /^route.host \(PREVIEW_HOST\): "Not A Host" is not a host/,
    ],
    ["a wrong duration", { file: "timeout: soon" }, /^timeout: "soon" is not a duration/],
    ["no YAML", { file: "a: [" }, /^previews.yaml: it is not valid YAML/],
    ["a list", { file: "- a" }, /^previews.yaml: it must hold settings by name/],
    ["a named file that is missing", { flags: { config: "nope.yaml" } }, /^--config: ".*nope.yaml" cannot be read/],
    ["no token", { env: { GITHUB_TOKEN: " " } }, /^GITHUB_TOKEN: is missing/],
    ["a missing kubeconfig", { env: { KUBECONFIG: "/nope" } }, /^kubernetes.kubeconfig: "\/nope" does not exist/],
    [
      "an unknown context",
      { flags: { context: "x" } },
      /^kubernetes.context: "x" is not in the kubeconfig; allowed: "one", "two"/,
    ],
    [
      "a missing state folder",
      { env: { PULUMI_BACKEND_URL: "file:///nope" } },
      /^pulumi.backendUrl: .*"\/nope" does not exist/,
    ],
    ["no backend and no login", { env: { PULUMI_BACKEND_URL: "" } }, /^pulumi.backendUrl: is missing/],
    ["no passphrase", { env: { PULUMI_CONFIG_PASSPHRASE: undefined } }, /^PULUMI_CONFIG_PASSPHRASE: is missing/],
    [
      "an unreadable passphrase file",
      { env: { PULUMI_CONFIG_PASSPHRASE_FILE: "/nope" } },
      /^PULUMI_CONFIG_PASSPHRASE_FILE: "\/nope" cannot be read/,
    ],
    [
      "a policy pack that is not there",
      { file: "policy: ./rules" },
      /^policy: ".\/rules" is no policy pack: ".*\/rules"/,
    ],
  ])("%s", async (_, given, expected) => {
    const found = await problems(given);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test("what is no kubeconfig at all is named as such", async () => {
    await writeFile(join(folder, "kubeconfig"), "just text");
    expect(await problems({})).toEqual([expect.stringMatching(/is no usable kubeconfig: it has no contexts/)]);
  });
});
