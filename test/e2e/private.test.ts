import { createAppAuth } from "@octokit/auth-app";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { githubAppId } from "../../sandbox/cluster/git-host.ts";
import { instanceFiles } from "../../sandbox/cluster/instance-files.ts";
import { privateRegistryPort, registryUser } from "../../sandbox/cluster/registry.ts";
import { down, environment, up } from "../../sandbox/instance.ts";
import { answers, github, headSha, imageBuilt, platformUp, type Line, type SyncReport } from "../../sandbox/line.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { sandboxObstacle } from "../support/machine.ts";

const name = "sandbox-private";
const obstacle = sandboxObstacle();
const silent = { start: () => undefined, done: () => undefined };

/** A repository and a registry that answer nobody without credentials. The tests stand on each other, in this order. */
describe.skipIf(obstacle !== undefined)(`private sources${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  let line: Line;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "private-"));
    await down({ name });
    await up({ name, progress: silent });
    line = { name, env: await environment(name), output: () => undefined };
    const { octokit, owner, repo } = github(line);
    await octokit.rest.repos.update({ owner, repo, private: true });
  });

  afterAll(async () => {
    await down({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test("neither answers a stranger", async () => {
    const clone = spawnSync("git", ["ls-remote", `${origin()}/${line.env["GITHUB_REPOSITORY"] ?? ""}.git`], {
      env: { ...process.env, ...line.env, GIT_TERMINAL_PROMPT: "0" },
      encoding: "utf8",
    });
    expect(clone.status).not.toBe(0);
    expect(
      (await fetch(`${line.env["GITHUB_API_URL"] ?? ""}/repos/${line.env["GITHUB_REPOSITORY"] ?? ""}`)).status,
    ).toBe(404);
    expect((await fetch(`http://${registry()}/v2/den-vasyliev/kbot/tags/list`)).status).toBe(401);
  });

  test("production's chart and image come from the registry, with credentials beside no pod of it", async () => {
    await platformUp(line, { ...production(), githubToken: line.env["GITHUB_TOKEN"] });
    const { body } = await answers(line, "/", ({ status }) => status === 200, "the release");
    expect(body).toMatch(/^2\.3\.0-/);
    expect(imageOf("app", "kbot")).toBe(`${registry()}/den-vasyliev/kbot:v2.3.0`);
    expect(secretsOf("app-control")).toEqual([["kbot-registry", "kubernetes.io/dockerconfigjson"]]);
    expect(secretsOf("app").filter(([, type]) => type !== "helm.sh/release.v1")).toEqual([]);
  });

  test("a preview's chart comes from the repository by a token, its image from the registry", async () => {
    await preview({ secretName: "github-auth" });
    expect(secretsOf("app-preview")).toEqual([["github-auth", "kubernetes.io/basic-auth"]]);
    expect(secretsOf("pr-41").filter(([, type]) => type !== "helm.sh/release.v1")).toEqual([]);
  });

  test("and by a GitHub App", async () => {
    await platformUp(line, { ...production(), ...(await app()) });
    expect(secretsOf("app-preview")).toEqual([["github-auth", "Opaque"]]);
    await preview({ secretName: "github-auth", provider: "github" });
    expect(secretsOf("pr-41").filter(([, type]) => type !== "helm.sh/release.v1")).toEqual([]);
  });

  test("no workload namespace holds a credential, nor a pod or service account a reference to one", () => {
    for (const namespace of ["app", "pr-41"]) {
      const { items } = json("get", "pods,serviceaccounts", "-n", namespace) as {
        items: { imagePullSecrets?: unknown; spec?: { imagePullSecrets?: unknown } }[];
      };
      expect(items.map(({ imagePullSecrets, spec }) => imagePullSecrets ?? spec?.imagePullSecrets ?? "none")).toEqual(
        items.map(() => "none"),
      );
      expect(items.length).toBeGreaterThan(1);
      const everything = JSON.stringify(json("get", "secrets,configmaps", "-n", namespace));
      expect(everything).not.toContain(Buffer.from(registryUser.password).toString("base64"));
      expect(everything).not.toContain(line.env["GITHUB_TOKEN"]);
    }
  });

  test("without its credentials the preview's source says what is missing", async () => {
    const { octokit, owner, repo } = github(line);
    await octokit.rest.issues.addLabels({ owner, repo, issue_number: 43, labels: ["preview"] });
    await imageBuilt(line, await headSha(line, 43));
    const result = sync({}, "--timeout", "20s");
    expect(result.status).toBe(1);
    const outcome = (JSON.parse(result.stdout) as { outcomes: { number: number; error?: string }[] }).outcomes.find(
      ({ number }) => number === 43,
    );
    expect(outcome?.error).toMatch(/authentication required/i);
  });

  const origin = () => new URL(line.env["GITHUB_API_URL"] ?? "").origin;
  const registry = () => `${new URL(origin()).hostname}:${privateRegistryPort}`;
  const kubectl = (...args: string[]): string =>
    execFileSync("kubectl", args, { env: { ...process.env, ...line.env }, encoding: "utf8" });
  const json = (...args: string[]): unknown => JSON.parse(kubectl(...args, "-o", "json"));

  const production = () => ({
    appChart: `oci://${registry()}/den-vasyliev/charts/kbot`,
    appRegistryUser: registryUser.name,
    appRegistryPassword: registryUser.password,
    appValues: { image: { repository: `${registry()}/den-vasyliev/kbot` } },
  });

  function secretsOf(namespace: string): (readonly [name: string, type: string])[] {
    const { items } = json("get", "secrets", "-n", namespace) as {
      items: { metadata: { name: string }; type: string }[];
    };
    return items.map(({ metadata, type }) => [metadata.name, type] as const);
  }

  function imageOf(namespace: string, deployment: string): string {
    const path = "jsonpath={.spec.template.spec.containers[0].image}";
    return kubectl("get", "deployment", deployment, "-n", namespace, "-o", path);
  }

  function sync(source: Readonly<Record<string, string>>, ...options: string[]) {
    const file = join(folder, "previews.yaml");
    const values = { image: { repository: `${registry()}/den-vasyliev/kbot` } };
    writeFileSync(file, JSON.stringify({ source, values }));
    const args = ["sync", "--json", "--config", file, ...options];
    return spawnSync(process.execPath, [join(projectRoot, "bin", "previews.js"), ...args], {
      env: { ...process.env, ...line.env },
      encoding: "utf8",
    });
  }

  async function preview(source: Readonly<Record<string, string>>): Promise<void> {
    const sha = await headSha(line, 41);
    await imageBuilt(line, sha);
    const result = sync(source, "--timeout", "3m");
    expect(result.status, result.stdout).toBe(0);
    expect((JSON.parse(result.stdout) as SyncReport).outcomes.find(({ number }) => number === 41)?.ok).toBe(true);
    const commit = `-${sha.slice(0, 7)}`;
    await answers(line, "/pr-41", ({ status, body }) => status === 200 && body.endsWith(commit), `commit ${sha}`);
    expect(imageOf("pr-41", "pr-41")).toBe(`${registry()}/den-vasyliev/kbot:${sha}`);
  }

  /** The app as a user would take it from GitHub's pages: its id, its installation, its key. */
  async function app(): Promise<Record<string, string>> {
    const privateKey = readFileSync(instanceFiles(name).githubAppKey, "utf8");
    const { token } = await createAppAuth({ appId: githubAppId, privateKey })({ type: "app" });
    const url = `${line.env["GITHUB_API_URL"] ?? ""}/repos/${line.env["GITHUB_REPOSITORY"] ?? ""}/installation`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const { id } = (await response.json()) as { id: number };
    return {
      githubAppId: String(githubAppId),
      githubAppInstallationId: String(id),
      githubAppPrivateKey: privateKey,
      githubAppBaseUrl: line.env["GITHUB_API_URL"] ?? "",
    };
  }
});
