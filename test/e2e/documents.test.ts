import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askUntil } from "../../sandbox/http.ts";
import { down, environment, status } from "../../sandbox/instance.ts";
import { closePullRequest, headSha, type Line } from "../../sandbox/line.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { platformPolicyConfig } from "../../sandbox/platform-settings.ts";
import { documentedLines, documentedScript, runLines } from "../support/documented.ts";
import { installable, programInSandbox } from "../support/foreign-program.ts";
import { sandboxObstacle } from "../support/machine.ts";
import { packed } from "../support/packed.ts";

const name = "sandbox-documents";
const obstacle = sandboxObstacle();

/** What the documents say to type, from the demo to its end, in a sandbox of its own. The tests stand on each other, in this order. */
describe.skipIf(obstacle !== undefined)(`the documents${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  const names = ["demo", "env", "releases", "plan", "sync", "list", "gc", "curl", "down"] as const;
  const use = documentedLines("README.md", "## Use it", names, {
    "--keep": `--keep --name ${name}`,
    "sandbox -- env": `sandbox -- env --name ${name}`,
    "sandbox -- down": `sandbox -- down --name ${name}`,
  });
  let folder: string;
  let line: Line;

  beforeAll(async () => {
    await down({ name });
    folder = await mkdtemp(join(tmpdir(), "documents-"));
  });
  afterAll(async () => {
    await down({ name });
    await rm(folder, { recursive: true, force: true });
  });

  const typed = (lines: string, exits = 0) => runLines(lines, { cwd: projectRoot, env: process.env, exits });
  /** In a shell that has the sandbox's variables, as the README gives them to it. */
  const inSandbox = (lines: string, exits = 0) => typed(`${use.env}\n${lines}`, exits);

  test("the demo tells what it did, and leaves everything running", async () => {
    expect(await typed(use.demo)).toContain("The whole line works on this machine.");
    line = { name, env: await environment(name), output: () => undefined };
  });

  test("what it left can be looked at, and is as the pull requests ask", async () => {
    expect(await inSandbox(use.releases)).toMatch(/^app-preview +pr-41 .* True /m);
    expect(await inSandbox(use.plan)).toMatch(/#41 .* keep/);
    expect(await inSandbox(use.sync)).toMatch(/pr-41 +keep/);
    expect(await inSandbox(use.list)).toMatch(/pr-41 .* Ready/);
    expect(await inSandbox(use.gc)).toContain("nothing was changed");
    const commit = (await headSha(line, 41)).slice(0, 7);
    expect(await inSandbox(use.curl)).toMatch(new RegExp(`^[0-9.]+-${commit}$`));
  });

  test("the policy pack refuses the chart of the sandbox's registry, until it is told of it", async () => {
    const config = join(folder, "policy-config.json");
    await writeFile(config, JSON.stringify(platformPolicyConfig(line.env)));
    const pack = documentedLines("policy/README.md", "## Use it", ["preview", "up"], { "policy-config.json": config });
    expect(await inSandbox(pack.preview, 255)).toContain("production-chart-is-trusted");
    expect(await inSandbox(pack.up)).toMatch(/[0-9]+ unchanged/);
    const told = documentedScript("policy/README.md", "### In the sandbox", {
      "sandbox -- env": `sandbox -- env --name ${name}`,
      "--stack sandbox": `--stack ${name}`,
      "/tmp/policy.json": join(folder, "policy.json"),
    });
    expect(await typed(told)).toMatch(/[0-9]+ unchanged/);
  });

  test("taken down, nothing of the platform and its previews is left", async () => {
    await closePullRequest(line, 41);
    await inSandbox(documentedScript("docs/getting-started.md", "## Taking it down"));
    const left = await inSandbox("kubectl get namespaces --output=name");
    expect(left).toContain("namespace/kube-system");
    expect(left).not.toMatch(/app|pr-|flux|envoy/);
  });

  test("a program of somebody else's installs the package, and its preview answers", async () => {
    const tarball = await packed(folder);
    const program = await installable(join(projectRoot, "examples/reuse"), join(folder, "reuse"), tarball);
    await programInSandbox(join(program, "index.ts"), line.env);
    const sha = await headSha(line, 41);
    const lines = documentedScript("examples/reuse/README.md", "# The components in a program of your own", {
      "0123456789abcdef0123456789abcdef01234567": sha,
    });
    const env = { ...process.env, ...line.env, npm_config_prefer_offline: "true" };
    await runLines(lines, { cwd: program, env });
    const url = await runLines("pulumi stack output url", { cwd: program, env });
    expect(url).toBe("http://pr-1-candidate.shop.example.com/");
    const address = line.env["GATEWAY_ADDRESS"] ?? "";
    const commit = `-${sha.slice(0, 7)}`;
    const isCommit = ({ status: code, body }: { status: number; body: string }) =>
      code === 200 && body.endsWith(commit);
    await askUntil({ address, host: new URL(url).host, path: "/" }, isCommit, `commit ${sha}`, 60);
  });

  test("down ends the sandbox", async () => {
    await typed(use.down);
    expect((await status(name)).phase).toBe("absent");
  });
});
