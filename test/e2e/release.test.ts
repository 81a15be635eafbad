import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { down, environment, up } from "../../sandbox/instance.ts";
import { answers, platformUp, writePlatformSettings, type Line } from "../../sandbox/line.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { documentedScript, runLines } from "../support/documented.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { requestLoop, type RequestLoop } from "../support/request-loop.ts";
import { chartDigest, signChart } from "../support/sign-chart.ts";

const name = "sandbox-release";
const obstacle = sandboxObstacle();
const silent = { start: () => undefined, done: () => undefined };
/** Short, so that a release that never becomes ready is given up soon; of the cluster, what the document says, as kubeadm names it. */
const quick = { appTimeout: "30s", appRetries: 1, kubeconfig: undefined, context: "kubernetes-admin@kubernetes" };

/** From a tag to production, under requests that never stop. The tests stand on each other, in this order. */
describe.skipIf(obstacle !== undefined)(`a release${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  let line: Line;
  let loop: RequestLoop | undefined;

  beforeAll(async () => {
    await down({ name });
    await up({ name, progress: silent });
    line = { name, env: await environment(name), output: () => undefined };
    await writePlatformSettings(line, { ...quick, cluster: undefined, context: undefined });
    const lines = documentedScript("docs/getting-started.md", "## An existing cluster", {
      // .ci/run runs it; here it would take the modules from under this test.
      "npm ci": "true",
      "stack init dev": `stack init ${name}`,
      "my-context": quick.context,
    });
    await runLines(lines, { cwd: projectRoot, env: { ...process.env, ...line.env } });
    await answersRelease("2.3.0");
    loop = requestLoop({ address: line.env["GATEWAY_ADDRESS"] ?? "", host: line.env["PREVIEW_HOST"] ?? "" });
  });

  afterAll(async () => {
    await loop?.stop();
    await down({ name });
  });

  test("production follows a new chart version with no command run, and loses no request", async () => {
    const before = await bodyOf("2.3.0");
    const sha = pushRelease("2.6.0");
    const after = await answersRelease("2.6.0");
    expect(after).toBe(`2.6.0-${sha.slice(0, 7)}`);
    await rolledOut();
    const { requests, failures, bodies } = await taken();
    expect(failures).toEqual([]);
    expect(bodies).toEqual([before, after]);
    expect(requests).toBeGreaterThan(100);
  });

  test("a chart that never becomes ready is rolled back, and production loses no request", async () => {
    pushRelease("2.7.0", ["helm/templates/deployment.yaml", "path: /healthz", "path: /never"]);
    const release = await until(
      "the roll-back",
      () => helmRelease(),
      ({ remediated }) => remediated === "True",
      240,
    );
    expect(release).toMatchObject({ ready: "False", version: "2.6.0" });
    await rolledOut();
    const { requests, failures, bodies } = await taken();
    expect(failures).toEqual([]);
    expect(bodies).toEqual([expect.stringMatching(/^2\.6\.0-/)]);
    expect(requests).toBeGreaterThan(500);
  });

  test("the next version that works takes over", async () => {
    pushRelease("2.8.0", ["helm/templates/deployment.yaml", "path: /never", "path: /healthz"]);
    await answersRelease("2.8.0");
    await rolledOut();
    expect((await taken()).failures).toEqual([]);
  });

  test("production goes back to a version, and to a digest, that it is told to stay at", async () => {
    await platformUp(line, { ...quick, appVersion: "2.6.0" });
    await answersRelease("2.6.0");
    await platformUp(line, { ...quick, appVersion: "2.6.0", appDigest: await chartDigest(chart(), "2.8.0") });
    await answersRelease("2.8.0");
    await rolledOut();
    expect((await taken()).failures).toEqual([]);
  });

  test("a digest that the registry does not have changes nothing", async () => {
    const appDigest = `sha256:${"0".repeat(64)}`;
    // It would wait for a chart to be there: seeing the refusal is enough.
    const enough = new AbortController();
    const waiting = platformUp({ ...line, signal: enough.signal }, { ...quick, appDigest }).catch(() => "ended");
    await until("the refusal", source, ({ message }) => message.includes(appDigest), 60);
    enough.abort();
    expect(await waiting).toBe("ended");
    await platformUp(line, quick);
    expect(await taken()).toMatchObject({ failures: [], bodies: [expect.stringMatching(/^2\.8\.0-/)] });
  });

  test("only a signed chart is deployed where signatures are asked for", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const another = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    await signChart(chart(), await chartDigest(chart(), "2.8.0"), privateKey);
    await platformUp(line, { ...quick, appVerify: { publicKeys: [pem] } });
    pushRelease("2.9.0");
    const refused = await until("the refusal", source, ({ verified }) => verified === "False", 120);
    expect(refused.message).toContain("signature");
    const digest = await chartDigest(chart(), "2.9.0");
    await signChart(chart(), digest, another.privateKey);
    await sleep(25_000);
    expect(await source()).toMatchObject({ verified: "False" });
    expect(await taken()).toMatchObject({ failures: [], bodies: [expect.stringMatching(/^2\.8\.0-/)] });
    await signChart(chart(), digest, privateKey);
    await answersRelease("2.9.0");
    await rolledOut();
    expect((await taken()).failures).toEqual([]);
  });

  test("a chart that ends the old pod first is worse, and the loop tells", async () => {
    await platformUp(line, quick);
    await taken();
    const strategy = "type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1";
    pushRelease("2.10.0", ["helm/templates/deployment.yaml", strategy, "type: Recreate"]);
    await answersRelease("2.10.0");
    await rolledOut();
    expect((await taken()).failures).not.toEqual([]);
  });

  const taken = () => loop?.take() ?? Promise.reject(new Error("nothing is asked yet"));
  const kubectl = (...args: string[]): string =>
    execFileSync("kubectl", args, { env: { ...process.env, ...line.env }, encoding: "utf8" });

  const chart = () => ({
    registry: `${new URL(line.env["GITHUB_API_URL"] ?? "").hostname}:5000`,
    repository: "den-vasyliev/charts/kbot",
  });

  async function bodyOf(version: string): Promise<string> {
    const isRelease = ({ status, body }: { status: number; body: string }) =>
      status === 200 && body.startsWith(`${version}-`);
    return (await answers(line, "/", isRelease, `version ${version}`)).body;
  }
  const answersRelease = bodyOf;

  /** Until every old pod is gone: the end of a pod is when requests get lost. */
  async function rolledOut(): Promise<void> {
    kubectl("rollout", "status", "deployment", "kbot", "-n", "app", "--timeout=120s");
    const pods = () => kubectl("get", "pods", "-n", "app", "-o", "name").trim().split("\n");
    await until(
      "one pod",
      () => Promise.resolve(pods()),
      (all) => all.length === 1,
      60,
    );
    await sleep(1000);
  }

  interface Condition {
    readonly type: string;
    readonly status: string;
    readonly message: string;
  }

  function conditions(kind: string): {
    conditions: readonly Condition[];
    history: readonly { chartVersion: string }[];
  } {
    const object = JSON.parse(kubectl("get", kind, "kbot", "-n", "app", "-o", "json")) as {
      status?: { conditions?: Condition[]; history?: { chartVersion: string }[] };
    };
    return { conditions: object.status?.conditions ?? [], history: object.status?.history ?? [] };
  }

  function helmRelease() {
    const { conditions: all, history } = conditions("helmrelease");
    const status = (type: string) => all.find((one) => one.type === type)?.status;
    const version = history[0]?.chartVersion.split("+")[0];
    return Promise.resolve({ ready: status("Ready"), remediated: status("Remediated"), version });
  }

  function source() {
    const { conditions: all } = conditions("ocirepository");
    const verified = all.find(({ type }) => type === "SourceVerified")?.status;
    return Promise.resolve({ verified, message: all.map(({ message }) => message).join("\n") });
  }

  async function until<T>(
    what: string,
    look: () => Promise<T>,
    done: (now: T) => boolean,
    seconds: number,
  ): Promise<T> {
    for (const end = Date.now() + seconds * 1000; ;) {
      const now = await look();
      if (done(now)) return now;
      if (Date.now() > end) throw new Error(`${what} did not come within ${seconds} s: ${JSON.stringify(now)}`);
      await sleep(500);
    }
  }

  /** A release as a developer makes it: the version in the chart, whatever else changes, and a tag. */
  function pushRelease(version: string, ...changes: readonly [file: string, from: string, to: string][]): string {
    const folder = mkdtempSync(join(tmpdir(), "release-"));
    const author = ["-c", "user.name=A Developer", "-c", "user.email=developer@example.com"];
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", folder, ...author, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }).trim();
    const edit = (file: string, change: (text: string) => string) => {
      writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
    };
    const url = new URL(line.env["GITHUB_API_URL"] ?? "");
    url.username = "developer";
    url.password = line.env["GITHUB_TOKEN"] ?? "";
    url.pathname = `/${line.env["GITHUB_REPOSITORY"] ?? ""}.git`;
    try {
      git("clone", "--quiet", url.href, ".");
      edit("helm/Chart.yaml", (text) => text.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
      for (const [file, from, to] of changes) edit(file, (text) => text.replace(from, to));
      git("commit", "--quiet", "--all", "--message", `Release ${version}`);
      git("tag", `v${version}`);
      git("push", "--quiet", "--atomic", "origin", "HEAD", `v${version}`);
      return git("rev-parse", "HEAD");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
