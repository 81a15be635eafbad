import { execa } from "execa";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InstanceCgroups } from "../../sandbox/cluster/cgroups.ts";
import { instanceFiles } from "../../sandbox/cluster/instance-files.ts";
import { until } from "../../sandbox/cluster/until.ts";
import { ask } from "../../sandbox/http.ts";
import { down, environment, status, up } from "../../sandbox/instance.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { sandboxObstacle } from "../support/machine.ts";

const name = "sandbox-lifecycle";
const obstacle = sandboxObstacle();
const progress = { start: () => undefined, done: () => undefined };

describe.skipIf(obstacle !== undefined)(`the sandbox${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  let before: Traces;

  beforeAll(async () => {
    await down({ name });
    before = await traces();
    await up({ name, progress });
  });

  afterAll(async () => {
    await down({ name });
  });

  test("runs everything and says so", async () => {
    const { running, components, reached } = await status(name);
    expect(running).toBe(true);
    expect(components.filter(({ state }) => state !== "ready")).toEqual([]);
    expect(reached.node).toBeGreaterThan(0);
    expect(await cli("status", "--json")).toMatchObject({ exitCode: 0 });
    expect((await up({ name, progress })).found).toBe(true);
  });

  test("gives any shell of this machine what it needs", async () => {
    const { stdout } = await cli("env");
    const script =
      'eval "$EXPORTS"; kubectl get nodes --output=name && curl --silent --fail "$GITHUB_API_URL/rate_limit" >/dev/null && echo ok';
    const shell = await execa("sh", ["-c", script], { env: { EXPORTS: stdout } });
    expect(shell.stdout.split("\n")).toEqual(["node/sandbox", "ok"]);
  });

  test("serves the registry in the clear and over TLS that its certificates prove", async () => {
    const { addresses } = await status(name);
    const { SSL_CERT_FILE = "" } = await environment(name);
    const get = (...args: string[]) => execa("curl", ["--silent", "--fail", ...args]);
    const plain = await get(`http://${addresses?.inside ?? ""}:5000/v2/_catalog`);
    const secure = await get("--cacert", SSL_CERT_FILE, `https://${addresses?.inside ?? ""}:5443/v2/_catalog`);
    expect(JSON.parse(plain.stdout)).toEqual({ repositories: expect.arrayContaining(["coredns/coredns"]) as unknown });
    expect(secure.stdout).toBe(plain.stdout);
  });

  test("runs pods, and their load balancer answers this machine until it is deleted", async () => {
    const expose = [
      "expose",
      "deployment/coredns",
      "--name=dns-health",
      "--type=LoadBalancer",
      "--port=80",
      "--target-port=8080",
    ];
    await kubectl(...expose);
    const gateway = (await status(name)).addresses?.gateway ?? "";
    const healthy = async () => (await ask(gateway, "any", "/health")).body === "OK";
    await until("the answer of the load balancer", healthy, { seconds: 30 });
    const written = "--output=jsonpath={.status.loadBalancer.ingress[0].ip}";
    expect(await kubectl("get", "service/dns-health", written)).toBe(gateway);

    await kubectl("delete", "service/dns-health");
    const silent = () =>
      healthy().then(
        () => false,
        () => true,
      );
    await until("the end of the answers", silent, { seconds: 30 });
  });

  test("logs and runs programs in pods, and tells pods the names of services", async () => {
    expect(await kubectl("logs", "deployment/coredns")).toContain("CoreDNS");
    expect(await kubectl("exec", "deployment/coredns", "--", "/coredns", "-version")).toContain("CoreDNS");
    const pod = await processOf("/coredns");
    const lookup = `const { Resolver } = require("dns").promises; const resolver = new Resolver({ timeout: 2000 });
      resolver.setServers(["10.96.0.10"]); resolver.resolve4("kubernetes.default.svc.cluster.local").then(console.log)`;
    const within = await execa("nsenter", [`--net=/proc/${String(pod)}/ns/net`, process.execPath, "-e", lookup]);
    expect(within.stdout).toContain("10.96.0.1");
  });

  test("recovers from the death of its supervisor, which takes all of it along", async () => {
    await kill("supervisor");
    await until("the end of every process", async () => (await status(name)).processes === 0, { seconds: 10 });
    expect(await cli("status")).toMatchObject({ exitCode: 1 });
    expect((await up({ name, progress })).status.running).toBe(true);
  });

  test("leaves nothing behind, killed in the middle and without its records", async () => {
    await kill("containerd");
    await until("the end of what works", async () => (await status(name)).phase === "broken", { seconds: 10 });
    // That something is missing shows at once; what ended it is the supervisor's to write down.
    const told = async () => (await status(name)).error?.includes('"containerd" was ended by SIGKILL') ?? false;
    await until("the notice of a dead component", told, { seconds: 10 });
    await execa("rm", ["-f", instanceFiles(name).state, instanceFiles(name).plan]);

    expect(await down({ name })).toBe(true);

    expect(await traces()).toEqual(before);
    expect((await status(name)).phase).toBe("absent");
    expect(await down({ name })).toBe(false);
  });
});

async function kubectl(...args: string[]): Promise<string> {
  const env = await environment(name);
  return (await execa({ env })("kubectl", ["--namespace=kube-system", ...args])).stdout;
}

/** The process id, on this machine, of a program that runs in a pod. */
async function processOf(program: string): Promise<number> {
  for (const pid of await (await InstanceCgroups.of(name)).pids()) {
    if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).startsWith(`${program}\0`)) return pid;
  }
  throw new Error(`no pod runs "${program}"`);
}

async function kill(component: string): Promise<void> {
  const pid = (await status(name)).components.find((one) => one.name === component)?.pid;
  if (pid === undefined) throw new Error(`component "${component}" does not run`);
  process.kill(pid, "SIGKILL");
}

function cli(...args: string[]): Promise<{ exitCode?: number; stdout: string }> {
  const program = ["--import", "tsx", join(projectRoot, "sandbox", "cli.ts"), ...args, "--name", name];
  return execa(process.execPath, program, { cwd: projectRoot, reject: false });
}

/** Everything on this machine that an instance could leave behind. */
type Traces = Readonly<Record<string, unknown>>;

async function traces(): Promise<Traces> {
  const cgroups = await InstanceCgroups.of(name);
  const lines = (program: string, ...args: string[]): Promise<string[]> =>
    execa(program, args, { lines: true }).then(
      ({ stdout }) => stdout,
      () => ["not on this machine"],
    );
  return {
    processes: await cgroups.pids(),
    cgroups: await cgroups.folders(),
    mounts: (await readFile("/proc/self/mounts", "utf8")).split("\n"),
    namespaces: await lines("ip", "netns", "list"),
    links: await lines("ip", "-brief", "link", "show", "type", "veth"),
    routes: await lines("ip", "route", "show", "table", "all"),
    packetRules: (await lines("iptables-save")).filter((line) => !line.startsWith("#")),
    forwarding: await readFile("/proc/sys/net/ipv4/ip_forward", "utf8"),
    folder: existsSync(instanceFiles(name).root),
    shims: existsSync("/run/containerd"),
  };
}
