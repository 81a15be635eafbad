import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { down, environment, up } from "../../sandbox/instance.ts";
import { ask } from "../../sandbox/http.ts";
import {
  answers,
  closePullRequest,
  github,
  headSha,
  imageBuilt,
  platformUp,
  syncPreviews,
  writePlatformSettings,
  type Line,
  type SyncReport,
} from "../../sandbox/line.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { fluxEngineSettings } from "../../sandbox/platform-settings.ts";
import { documentedLines, runLines } from "../support/documented.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { movingTests } from "./moving.ts";

const name = "sandbox-test";
const obstacle = sandboxObstacle();
const silent = { start: () => undefined, done: () => undefined };

/** The whole line, its assertions made on the cluster and by HTTP. The tests stand on each other, in this order. */
describe.skipIf(obstacle !== undefined)(`the line${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  let line: Line;

  beforeAll(async () => {
    await down({ name });
    await up({ name, progress: silent });
    line = { name, env: await environment(name), output: () => undefined };
  });

  afterAll(async () => {
    await down({ name });
  });

  const kubectl = (...args: string[]): string =>
    execFileSync("kubectl", args, { env: { ...process.env, ...line.env }, encoding: "utf8" });
  const json = (...args: string[]): unknown => JSON.parse(kubectl(...args, "-o", "json"));
  const names = (kind: string, ...args: string[]): string[] =>
    (json("get", kind, ...args) as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );
  const address = (): string => line.env["GATEWAY_ADDRESS"] ?? "";
  const host = (): string => line.env["PREVIEW_HOST"] ?? "";
  const answersCommit = async (path: string, sha: string) =>
    (
      await answers(
        line,
        path,
        ({ status, body }) => status === 200 && body.endsWith(`-${sha.slice(0, 7)}`),
        `commit ${sha}`,
      )
    ).body;
  /** What every object of a preview is at: it moves with any write. */
  const versions = (number: number): unknown =>
    ["gitrepositories", "helmreleases", "serviceaccounts"].map((kind) => {
      const own = `preview-environments.dev/preview=pr-${number}`;
      const { items } = json("get", kind, "-n", "app-preview", "-l", own) as {
        items: { metadata: { name: string; uid: string; generation?: number } }[];
      };
      return items.map(({ metadata: { name: object, uid, generation } }) => ({ object, uid, generation }));
    });
  const previewsCommand = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(projectRoot, "bin", "previews.js"), ...args], {
      env: { ...process.env, ...line.env, ...env },
      encoding: "utf8",
    });

  /** Lines of a document, typed in the checkout or elsewhere. */
  const typed = (lines: string, { cwd = projectRoot, input = "" } = {}) =>
    runLines(lines, { cwd, env: { ...process.env, ...line.env }, input });
  const own = documentedLines("README.md", "### On a cluster of your own", ["platform", "init", "sync"], {
    "stack init dev": `stack init ${name}`,
    "…": "$GITHUB_TOKEN",
  });

  test("pulumi up brings up the platform, and production answers its release", async () => {
    await writePlatformSettings(line);
    await typed(own.platform);
    const { body } = await answers(line, "/", ({ status }) => status === 200, "the release");
    expect(body).toMatch(/^2\.3\.0-[0-9a-f]{7}$/);
    expect(
      kubectl(
        "get",
        "fluxinstance",
        "flux",
        "-n",
        "flux-system",
        "-o",
        "jsonpath={.status.conditions[?(@.type=='Ready')].status}",
      ),
    ).toBe("True");
  });

  test("plan says why each pull request gets a preview or none", () => {
    const plan = JSON.parse(previewsCommand(["plan", "--json"]).stdout) as {
      pullRequests: { number: number; verdict: string; action: string; reason: string }[];
    };
    const row = (number: number) => plan.pullRequests.find((one) => one.number === number);
    expect(row(41)).toMatchObject({ verdict: "admit", action: "create" });
    expect(row(42)).toMatchObject({ verdict: "admit", action: "create" });
    expect(row(43)).toMatchObject({ verdict: "refuse" });
    expect(row(43)?.reason).toContain("preview");
  });

  test("bad settings change nothing and exit 2", () => {
    const wrong = previewsCommand(["sync", "--concurrency", "0", "--timeout", "soon"], {
      GITHUB_REPOSITORY: "nonsense",
    });
    expect(wrong.status).toBe(2);
    for (const key of ["repository", "concurrency", "timeout"]) expect(wrong.stderr).toContain(key);
    const token = previewsCommand(["sync"], { GITHUB_TOKEN: "ghp_wrong" });
    expect(token.status).toBe(2);
    expect(token.stderr).not.toContain("ghp_wrong");
    expect(names("namespaces").filter((one) => one.startsWith("pr-"))).toEqual([]);
  });

  test("sync gives each labelled pull request its own commit at its own path", async () => {
    for (const number of [41, 42]) await imageBuilt(line, await headSha(line, number));
    const folder = mkdtempSync(join(tmpdir(), "app-"));
    try {
      // The repository of the app, with the package installed.
      mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
      symlinkSync(join(projectRoot, "bin/previews.js"), join(folder, "node_modules/.bin/previews"));
      writeFileSync(join(folder, "package.json"), "{}");
      expect(await typed(own.init, { cwd: folder })).toContain("Wrote previews.yaml");
      await typed(own.sync, { cwd: folder });
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await answersCommit("/pr-41", await headSha(line, 41))).toMatch(/^2\.4\.0-/);
    expect(await answersCommit("/pr-42", await headSha(line, 42))).toMatch(/^2\.5\.0-/);
    expect((await ask(address(), host(), "/pr-43")).status).toBe(404);
    expect(names("namespaces").filter((one) => one.startsWith("pr-"))).toEqual(["pr-41", "pr-42"]);
  });

  test("the workload namespace holds no credential and is bounded", () => {
    const secrets = json("get", "secrets", "-n", "pr-41") as { items: { type: string }[] };
    const secretTypes = secrets.items.map(({ type }) => type);
    expect(new Set(secretTypes)).toEqual(new Set(["helm.sh/release.v1"]));
    expect(names("resourcequotas", "-n", "pr-41")).toEqual(["pr-41"]);
    expect(names("networkpolicies", "-n", "pr-41")).toEqual(["pr-41"]);
    const can = (...args: string[]) =>
      spawnSync("kubectl", ["auth", "can-i", ...args, "--as", "system:serviceaccount:app-preview:pr-41"], {
        env: { ...process.env, ...line.env },
        encoding: "utf8",
      }).stdout.trim();
    expect(can("create", "deployments", "-n", "pr-41")).toBe("yes");
    expect(can("create", "deployments", "-n", "pr-42")).toBe("no");
    expect(can("get", "secrets", "-n", "app-preview")).toBe("no");
    expect(can("create", "rolebindings", "-n", "pr-41")).toBe("no");
  });

  test("a second sync does nothing", async () => {
    const before = [versions(41), versions(42)];
    const report = await syncPreviews(line);
    const actions = Object.fromEntries(report.outcomes.map(({ number, action }) => [number, action]));
    expect(actions).toEqual({ 41: "keep", 42: "keep", 43: "hold" });
    expect([versions(41), versions(42)]).toEqual(before);
  });

  test("people are told on the pull request: one comment, a deployment, a commit status", async () => {
    const { octokit, owner, repo } = github(line);
    const sha = await headSha(line, 41);
    const { data: comments } = await octokit.rest.issues.listComments({ owner, repo, issue_number: 41 });
    expect(comments.map(({ body }) => body)).toEqual([expect.stringContaining("http://kbot.example.com/pr-41")]);
    expect(comments[0]?.body).toContain(sha.slice(0, 7));
    const { data: deployments } = await octokit.rest.repos.listDeployments({ owner, repo, environment: "pr-41" });
    expect(deployments.map((one) => one.sha)).toEqual([sha]);
    const deployment_id = deployments[0]?.id ?? 0;
    const { data: statuses } = await octokit.rest.repos.listDeploymentStatuses({ owner, repo, deployment_id });
    expect(statuses.map(({ state }) => state).toReversed()).toEqual(["queued", "in_progress", "success"]);
    expect(statuses[0]?.environment_url).toBe("http://kbot.example.com/pr-41");
    const { data: combined } = await octokit.rest.repos.getCombinedStatusForRef({ owner, repo, ref: sha });
    expect(combined.statuses.find(({ context }) => context === "preview")).toMatchObject({
      state: "success",
      target_url: "http://kbot.example.com/pr-41",
    });
    const unlabelled = await octokit.rest.issues.listComments({ owner, repo, issue_number: 43 });
    expect(unlabelled.data).toEqual([]);
  });

  test("a preview says which commit answers", async () => {
    const head = ["-sI", "-H", `Host: ${host()}`, `http://${address()}/pr-41`];
    const { stdout } = spawnSync("curl", head, { encoding: "utf8" });
    expect(stdout).toContain(`x-preview-commit: ${await headSha(line, 41)}`);
  });

  test("a comment stops a preview, and another one starts it again", async () => {
    const { octokit, owner, repo } = github(line);
    const say = (body: string) => octokit.rest.issues.createComment({ owner, repo, issue_number: 42, body });
    await say("/preview stop");
    const stopped = await syncPreviews(line);
    expect(stopped.outcomes.find(({ number }) => number === 42)).toMatchObject({ action: "destroy", ok: true });
    expect((await answers(line, "/pr-42", ({ status }) => status === 404, "404")).status).toBe(404);
    await say("/preview");
    const started = await syncPreviews(line);
    expect(started.outcomes.find(({ number }) => number === 42)).toMatchObject({ action: "create", ok: true });
    await answersCommit("/pr-42", await headSha(line, 42));
  });

  test("a preview whose stack was lost is taken over, and answers all the while", async () => {
    execFileSync("pulumi", ["stack", "rm", "organization/previews/pr-42", "--force", "--yes", "--non-interactive"], {
      env: { ...process.env, ...line.env },
      cwd: tmpdir(),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const result = previewsCommand(["sync", "--full", "--json"]);
    expect(result.status, result.stderr).toBe(0);
    expect((JSON.parse(result.stdout) as SyncReport).outcomes.find(({ number }) => number === 42)).toMatchObject({
      action: "create",
      ok: true,
    });
    expect((await ask(address(), host(), "/pr-42")).status).toBe(200);
  });

  test("an image that is not in the registry keeps a newcomer waiting, one that is there does not", async () => {
    const { octokit, owner, repo } = github(line);
    await octokit.rest.issues.addLabels({ owner, repo, issue_number: 43, labels: ["preview"] });
    await imageBuilt(line, await headSha(line, 43));
    const registry = new URL(line.env["GITHUB_API_URL"] ?? "").hostname;
    const verdict = (image: string) => {
      const folder = mkdtempSync(join(tmpdir(), "settings-"));
      try {
        writeFileSync(
          join(folder, "previews.yaml"),
          JSON.stringify({ admission: { image: `${registry}:5443/${image}` } }),
        );
        const { stdout } = previewsCommand(["plan", "--json", "--config", join(folder, "previews.yaml")]);
        const plan = JSON.parse(stdout) as { pullRequests: { number: number; verdict: string; reason: string }[] };
        return plan.pullRequests.find(({ number }) => number === 43);
      } finally {
        rmSync(folder, { recursive: true });
      }
    };
    expect(verdict("den-vasyliev/other")).toMatchObject({ verdict: "wait" });
    expect(verdict("den-vasyliev/other")?.reason).toContain("is not there yet");
    expect(verdict("den-vasyliev/kbot")).toMatchObject({ verdict: "admit" });
    await octokit.rest.issues.removeLabel({ owner, repo, issue_number: 43, name: "preview" });
  });

  test("a stranger's push reaches its own preview and touches no other", async () => {
    const before = versions(42);
    const sha = pushTo("41");
    await imageBuilt(line, sha);
    expect((await syncPreviews(line)).ok).toBe(true);
    await answersCommit("/pr-41", sha);
    expect(versions(42)).toEqual(before);
  });

  test("a stranger opens and labels a pull request with octokit and git, and one that cannot work stops nobody", async () => {
    const { octokit, owner, repo } = github(line);
    const good = pushNew("feature/ünïcode-😀", "helm/values.yaml", "# a change\n");
    const bad = pushNew("broken-chart", "helm/templates/broken.yaml", "{{ nonsense }}\n");
    const open = async (head: string, title: string) => {
      const { data } = await octokit.rest.pulls.create({ owner, repo, head, base: "main", title });
      await octokit.rest.issues.addLabels({ owner, repo, issue_number: data.number, labels: ["preview"] });
      return data.number;
    };
    const goodNumber = await open("feature/ünïcode-😀", '"quotes" & <b>markup</b>');
    const badNumber = await open("broken-chart", "does not render");
    await imageBuilt(line, good);
    await imageBuilt(line, bad);
    const report = JSON.parse(previewsCommand(["sync", "--json"]).stdout) as {
      ok: boolean;
      outcomes: { number: number; ok: boolean; error?: string }[];
    };
    expect(report.ok).toBe(false);
    expect(report.outcomes.find(({ number }) => number === badNumber)?.error).toContain("nonsense");
    expect(report.outcomes.filter(({ ok }) => !ok).map(({ number }) => number)).toEqual([badNumber]);
    await answersCommit(`/pr-${goodNumber}`, good);
    for (const number of [goodNumber, badNumber]) await closePullRequest(line, number);
    const after = await syncPreviews(line);
    expect(after.ok).toBe(true);
    expect(names("namespaces").filter((one) => one.startsWith("pr-"))).toEqual(["pr-41", "pr-42"]);
  });

  test("an unreachable API leaves every preview as it was", async () => {
    const before = [versions(41), versions(42)];
    const result = previewsCommand(["sync"], { GITHUB_API_URL: `http://${address()}:1/api/v3` });
    expect(result.status).toBe(1);
    expect([versions(41), versions(42)]).toEqual(before);
    expect((await ask(address(), host(), "/pr-42")).status).toBe(200);
  });

  describe("from one engine to the other", () => {
    const push = async (number: number) => {
      const sha = pushTo(String(number));
      await imageBuilt(line, sha);
      return sha;
    };
    movingTests({ line: () => line, answersCommit, push });
  });

  test("with helm-controller down, what remains of a closed pull request is named with who holds it", async () => {
    await closePullRequest(line, 42);
    const scale = (replicas: number) =>
      kubectl("scale", "deployment", "helm-controller", "-n", "flux-system", `--replicas=${replicas}`);
    scale(0);
    const result = previewsCommand(["sync", "--timeout", "15s", "--json"]);
    scale(1);
    expect(result.status, result.stderr).toBe(1);
    const outcome = (
      JSON.parse(result.stdout) as { outcomes: { number: number; receipt?: { remains: string[] } }[] }
    ).outcomes.find(({ number }) => number === 42);
    expect(outcome?.receipt?.remains).toContain(
      "HelmRelease app-preview/pr-42 (waits for the finalizer finalizers.fluxcd.io of helm-controller, which is not running)",
    );
    expect(names("serviceaccounts", "-n", "app-preview")).toContain("pr-42");
    kubectl("rollout", "status", "deployment", "helm-controller", "-n", "flux-system", "--timeout=120s");
  });

  test("a closed pull request leaves nothing, and its URL answers 404", async () => {
    const report = await syncPreviews(line);
    expect(report.outcomes.find(({ number }) => number === 42)).toMatchObject({ action: "destroy", ok: true });
    expect((await answers(line, "/pr-42", ({ status }) => status === 404, "404")).status).toBe(404);
    expect(names("namespaces")).not.toContain("pr-42");
    for (const kind of ["gitrepositories", "helmreleases", "serviceaccounts"]) {
      expect(names(kind, "-n", "app-preview")).not.toContain("pr-42");
    }
    expect(names("httproutes", "-A").sort()).not.toContain("pr-42");
    const stacks = execFileSync("pulumi", ["stack", "ls", "--all", "--json"], {
      env: { ...process.env, ...line.env },
      encoding: "utf8",
    });
    expect(stacks).toContain("pr-41");
    expect(stacks).not.toContain("pr-42");
    expect((await ask(address(), host(), "/pr-41")).status).toBe(200);
  });

  describe("with the flux engine", () => {
    const fluxObjects = ["gitrepositories", "helmreleases", "serviceaccounts", "helmcharts"];
    const comments = async (number: number): Promise<string[]> => {
      const { octokit, owner, repo } = github(line);
      const { data } = await octokit.rest.issues.listComments({ owner, repo, issue_number: number });
      return data.map(({ body = "" }) => body);
    };
    const noteOf = async (number: number, words: string): Promise<string> => {
      const said = async () => (await comments(number)).find((body) => body.includes(words));
      return vi.waitUntil(said, { timeout: 60_000, interval: 500 });
    };
    let number = 0;

    test("pulumi up hands the previews to Flux Operator, which finds open pull requests by itself", async () => {
      expect(previewsCommand(["destroy", "41", "--force"]).status).toBe(0);
      const settings = ["engine", "repository", "token", "feedback"] as const;
      const lines = documentedLines("docs/flux-engine.md", "## Switching it on", [...settings, "up"]);
      const { previewRepositoryUrl, previewInterval } = fluxEngineSettings(line.env, "none");
      await writePlatformSettings(line, { previewRepositoryUrl, previewInterval });
      await typed(`${lines.engine}\n${lines.repository}`);
      await typed(lines.token, { input: line.env["GITHUB_TOKEN"] ?? "" });
      await typed(`${lines.feedback}\n${lines.up}`);
      await answersCommit("/pr-41", await headSha(line, 41));
      expect(names("namespaces").filter((one) => one.startsWith("pr-"))).toEqual(["pr-41"]);
      expect(names("helmreleases", "-n", "app-preview", "-l", "preview-environments.dev/engine=flux")).toEqual([
        "pr-41",
      ]);
    });

    test("a labelled pull request answers without any command, and its comment says where", async () => {
      const { octokit, owner, repo } = github(line);
      const head = 'flux/<<inputs.id>>-"ünïcode"-😀';
      const sha = pushNew(head, "helm/values.yaml", "# a change\n");
      const title = '<< fail "title" >> {{ . }} "quotes" & <b>markup</b>';
      ({ number } = (await octokit.rest.pulls.create({ owner, repo, head, base: "main", title })).data);
      await octokit.rest.issues.addLabels({ owner, repo, issue_number: number, labels: ["preview"] });
      await answersCommit(`/pr-${number}`, sha);
      const note = await noteOf(number, "Helm install succeeded");
      expect(note).toContain(`\`preview-url\`: http://${host()}/pr-${number}`);
      expect(note).toContain(`\`branch\`: ${head}`);
    });

    test("a push is answered with the new commit, in the same comment", async () => {
      const { octokit, owner, repo } = github(line);
      const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
      const before = versions(41);
      const sha = pushNew(data.head.ref, "README.md", "\nOne more line.\n", data.head.ref);
      await answersCommit(`/pr-${number}`, sha);
      expect(await noteOf(number, "Helm upgrade succeeded")).toContain(`\`commit\`: ${sha}`);
      expect(await comments(number)).toHaveLength(1);
      expect(versions(41)).toEqual(before);
    });

    test("while the API cannot be reached, every preview stays as it was", () => {
      const before = versions(41);
      const provider = ["resourcesetinputprovider", "previews", "-n", "app-preview"];
      const address = (url: string) =>
        kubectl("patch", ...provider, "--type=merge", `--patch=${JSON.stringify({ spec: { url } })}`);
      const { spec } = json("get", ...provider) as { spec: { url: string } };
      address(spec.url.replace(":3000/", ":1/"));
      kubectl("wait", ...provider, "--for=condition=Ready=False", "--timeout=60s");
      expect(versions(41)).toEqual(before);
      address(spec.url);
      kubectl("wait", ...provider, "--for=condition=Ready=True", "--timeout=60s");
      expect(names("namespaces")).toContain(`pr-${number}`);
    });

    test("closed, nothing of it is left, and the release went before its rights did", async () => {
      await closePullRequest(line, number);
      expect((await answers(line, `/pr-${number}`, ({ status }) => status === 404, "404")).status).toBe(404);
      // Helm's own word: it took the release down, which helm-controller cannot without the preview's service account.
      await noteOf(number, "Helm uninstall succeeded");
      kubectl("wait", "--for=delete", `namespace/pr-${number}`, "--timeout=120s");
      const own = ["-l", `preview-environments.dev/pull-request=${number}`];
      for (const kind of fluxObjects) expect(names(kind, "-A", ...own)).toEqual([]);
      expect((await ask(address(), host(), "/pr-41")).status).toBe(200);
    });

    test("a commit status says where, if that is preferred", async () => {
      await platformUp(line, fluxEngineSettings(line.env, "status"));
      const { octokit, owner, repo } = github(line);
      const ref = pushTo("41");
      await answersCommit("/pr-41", ref);
      const status = async () => {
        const { data } = await octokit.rest.repos.getCombinedStatusForRef({ owner, repo, ref });
        return data.statuses.find(({ context }) => context === `preview http://${host()}/pr-41`);
      };
      expect(await vi.waitUntil(status, { timeout: 60_000, interval: 500 })).toMatchObject({ state: "success" });
    });

    test("with a webhook a push is looked at at once, though the next look is an hour away", async () => {
      const appWebhookEvents = ["ping", "status"];
      const settings = { ...fluxEngineSettings(line.env, "none"), previewInterval: "1h", appInterval: "1h" };
      const lines = documentedLines("docs/github.md", "### The platform's side", ["host", "up", "output"], {
        "hooks.example.com": "'*'",
      });
      await writePlatformSettings(line, { ...settings, appWebhookEvents });
      await typed(`${lines.host}\n${lines.up}`);
      const webhooks = JSON.parse(await typed(`${lines.output} --json`)) as Record<
        "previews" | "releases",
        { path: string; secret: string }
      >;
      const { octokit, owner, repo } = github(line);
      const events = { previews: ["push", "pull_request"], releases: ["status"] };
      const register = async (which: keyof typeof webhooks) => {
        const url = `http://${address()}${webhooks[which].path}`;
        const config = { url, content_type: "json", secret: webhooks[which].secret };
        const { data } = await octokit.rest.repos.createWebhook({ owner, repo, events: events[which], config });
        return data.id;
      };
      const ids = [await register("previews"), await register("releases")];
      const lastCodes = () =>
        Promise.all(
          ids.map(async (id) => {
            const { data } = await octokit.rest.repos.getWebhook({ owner, repo, hook_id: id });
            return data.last_response.code;
          }),
        );
      await vi.waitUntil(async () => (await lastCodes()).every((code) => code === 200), { timeout: 60_000 });

      // Who does not know the secret is refused, and nothing is looked at.
      const askedAt = (kind: string, object: string, namespace: string) =>
        kubectl(
          "get",
          kind,
          object,
          "-n",
          namespace,
          "-o",
          "jsonpath={.metadata.annotations.reconcile\\.fluxcd\\.io/requestedAt}",
        );
      const provider = ["resourcesetinputproviders", "previews", "app-preview"] as const;
      const before = { previews: askedAt(...provider), releases: askedAt("ocirepositories", "kbot", "app") };
      const forged = await fetch(`http://${address()}${webhooks.previews.path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-event": "push",
          "x-hub-signature-256": `sha256=${"0".repeat(64)}`,
        },
        body: "{}",
      });
      expect(forged.status).toBe(400);
      expect(askedAt(...provider)).toBe(before.previews);

      const ref = pushTo("41");
      const pushed = Date.now();
      const source = `pr-41-${ref.slice(0, 12)}`;
      await vi.waitUntil(() => names("gitrepositories", "-n", "app-preview").includes(source), {
        timeout: 60_000,
        interval: 200,
      });
      // Seconds, where the next look is an hour away; a machine under load needs some of them.
      expect(Date.now() - pushed).toBeLessThan(30_000);
      await answersCommit("/pr-41", ref);
      // The image's status was told, too: Flux has looked for a release.
      await vi.waitUntil(() => askedAt("ocirepositories", "kbot", "app") !== before.releases, { timeout: 60_000 });
      for (const id of ids) await octokit.rest.repos.deleteWebhook({ owner, repo, hook_id: id });
    });

    test("without a token, or with a source that there is not, one error says so and nothing changes", async () => {
      const before = versions(41);
      const settings = { ...fluxEngineSettings(line.env, "none"), githubToken: "", previewSource: "gitlab" };
      await expect(platformUp(line, settings)).rejects.toThrow(
        /previewSource: "gitlab" is not one of "github", "admission"/,
      );
      await expect(platformUp(line, { ...settings, previewSource: "github" })).rejects.toThrow(
        /githubToken: is missing/,
      );
      expect(versions(41)).toEqual(before);
      await writePlatformSettings(line, fluxEngineSettings(line.env, "status"));
    });
  });

  test("pulumi destroy takes the platform away again", () => {
    for (const command of [
      // Its namespaces and the production app are protected.
      ["state", "unprotect", "--all", "--yes"],
      ["destroy", "--yes", "--skip-preview"],
    ]) {
      execFileSync("pulumi", [...command, "--stack", name, "--non-interactive"], {
        cwd: projectRoot,
        env: { ...process.env, ...line.env },
        encoding: "utf8",
      });
    }
    expect(names("namespaces")).not.toContain("flux-system");
    expect(names("namespaces").filter((one) => one.startsWith("pr-"))).toEqual([]);
  });

  /** A stranger's work with git alone: clones, writes one file, pushes, and gives the commit. */
  function pushNew(branch: string, file: string, text: string, base = "main"): string {
    const folder = mkdtempSync(join(tmpdir(), "stranger-"));
    const git = (...args: string[]) =>
      execFileSync(
        "git",
        ["-C", folder, "-c", "user.name=A Stranger", "-c", "user.email=stranger@example.com", ...args],
        {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
        },
      ).trim();
    const url = new URL(line.env["GITHUB_API_URL"] ?? "");
    url.username = "stranger";
    url.password = line.env["GITHUB_TOKEN"] ?? "";
    url.pathname = `/${line.env["GITHUB_REPOSITORY"] ?? ""}.git`;
    try {
      git("clone", "--quiet", "--branch", base, url.href, ".");
      if (branch !== base) git("checkout", "--quiet", "-b", branch);
      execFileSync("sh", [
        "-c",
        'mkdir -p "$(dirname "$1")" && printf %s "$2" >> "$1"',
        "sh",
        join(folder, file),
        text,
      ]);
      git("add", "--all");
      git("commit", "--quiet", "--message", `change ${file}`);
      git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
      return git("rev-parse", "HEAD");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  function pushTo(number: string): string {
    const branch = execFileSync(
      "node",
      [
        "-e",
        "fetch(process.argv[1]).then((r) => r.json()).then((p) => process.stdout.write(p.head.ref))",
        `${line.env["GITHUB_API_URL"] ?? ""}/repos/${line.env["GITHUB_REPOSITORY"] ?? ""}/pulls/${number}`,
      ],
      { encoding: "utf8" },
    );
    return pushNew(branch, "README.md", "\nOne more line.\n", branch);
  }
});
