import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { onlyApp } from "../../../automation/apps.ts";
import { loadConfig } from "../../../automation/config.ts";
import { openPorts } from "../../../automation/ports.ts";
import { previewSpec } from "../../../automation/preview-spec.ts";
import { previewName, previewObjects, type PreviewSpec } from "../../../components/manifests/preview.ts";
import { down, environment, up } from "../../../sandbox/instance.ts";
import {
  answers,
  closePullRequest,
  headSha,
  imageBuilt,
  platformUp,
  reopenPullRequest,
  syncPreviews,
  type Line,
} from "../../../sandbox/line.ts";
import { projectRoot } from "../../../sandbox/paths.ts";
import { lines } from "../../../sandbox/progress.ts";
import { figure, timed, turns } from "../measure.ts";
import type { RunOptions } from "../run-options.ts";
import { openPullRequests } from "../same-commit.ts";
import type { BenchOptions } from "./bench-world.ts";
import type { DriverReport, ParallelFigures, UrlFigures } from "./report.ts";
import { watched } from "./watched.ts";

const instance = "sandbox-bench";
/** The pull request whose preview the driver makes, and the one whose objects kubectl applies. */
const [driven, applied] = [41, 42] as const;
const PREVIEWS = 20;

/** What only a whole cluster can tell. Without anything to measure there is none. */
export async function inSandbox(
  options: BenchOptions,
  parts: ReadonlySet<"url" | "parallel">,
): Promise<Pick<DriverReport, "url" | "parallel">> {
  if (parts.size === 0) return {};
  const { signal, tell } = options;
  tell("a sandbox of its own, with the platform");
  const folder = await mkdtemp(join(tmpdir(), "bench-sandbox-"));
  try {
    await up({ name: instance, progress: lines(tell), signal });
    const line: Line = { name: instance, env: await environment(instance), output: () => undefined, signal };
    await platformUp(line);
    for (const number of [driven, applied]) await imageBuilt(line, await headSha(line, number));
    const spec = await specOfPullRequest(line, folder);
    for (const number of [driven, applied]) await closePullRequest(line, number);
    return {
      ...(parts.has("url") && { url: await toTheUrl(line, spec, folder, options) }),
      ...(parts.has("parallel") && { parallel: await manyPreviews(line, folder, { signal, tell }) }),
    };
  } finally {
    await down({ name: instance });
    await rm(join(projectRoot, `Pulumi.${instance}.yaml`), { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * From a pull request to its URL: by `previews sync`, and by `kubectl apply` of the same objects, which is what Flux and the pod need
 * by themselves.
 */
async function toTheUrl(
  line: Line,
  spec: PreviewSpec,
  folder: string,
  { runs, tell }: BenchOptions,
): Promise<UrlFigures> {
  const ways = { sync: driverWay(line), kubectl: kubectlWay(line, spec, folder) };
  const measured: Record<keyof typeof ways, number[]> = { sync: [], kubectl: [] };
  // The first of each is for the node's caches.
  for (const [round, order] of turns(["sync", "kubectl"] as const, runs + 1).entries()) {
    for (const way of order) {
      tell(`to the URL by ${way}, ${round === 0 ? "not counted" : `${round} of ${runs}`}`);
      await ways[way].prepare();
      const ms = await timed(ways[way].make);
      if (round > 0) measured[way].push(ms);
      await ways[way].remove();
    }
  }
  const [sync, kubectl] = [figure(measured.sync), figure(measured.kubectl)];
  return { ...sync, kubectlMs: kubectl.ms, kubectlRange: kubectl.range, differenceMs: sync.ms - kubectl.ms };
}

/** Many previews from nothing, as many at once as by default and one after the other, until the last one's URL answers. */
async function manyPreviews(line: Line, folder: string, { signal, tell }: RunOptions): Promise<ParallelFigures> {
  const { concurrency } = await loadConfig({ cwd: folder, env: line.env, flags: {} });
  const numbers = await openPullRequests(PREVIEWS, line, folder, { signal, tell });
  const sync = (flags: readonly string[]) => () =>
    execa(join(projectRoot, "bin", "previews.js"), ["sync", "--json", ...flags], {
      cwd: projectRoot,
      env: line.env,
      stdin: "ignore",
      reject: false,
    });
  const measure = async (flags: readonly string[]) => {
    for (const number of numbers) await reopenPullRequest(line, number);
    const { ms, peak } = await watched(sync(flags), signal);
    for (const number of numbers) await closePullRequest(line, number);
    await syncPreviews(line, "--confirm-destroys", String(PREVIEWS));
    return { ms: Math.round(ms), peak };
  };
  tell(`${PREVIEWS} previews on the whole cluster, ${concurrency} at once`);
  const atOnce = await measure([]);
  tell("… and one after the other");
  const serial = await measure(["--concurrency", "1"]);
  return {
    n: PREVIEWS,
    concurrency,
    ms: atOnce.ms,
    serialMs: serial.ms,
    peakRssMb: atOnce.peak.rssMb,
    peakProcesses: atOnce.peak.processes,
    serialPeakRssMb: serial.peak.rssMb,
  };
}

interface WayToUrl {
  readonly prepare: () => Promise<void>;
  /** From nothing to the URL that answers. */
  readonly make: () => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
}

function driverWay(line: Line): WayToUrl {
  let syncing: Promise<unknown> = Promise.resolve();
  return {
    prepare: () => reopenPullRequest(line, driven),
    make: () => {
      syncing = syncPreviews(line);
      return Promise.race([answered(line, driven), syncing.then(() => answered(line, driven))]);
    },
    remove: async () => {
      await syncing;
      await closePullRequest(line, driven);
      await syncPreviews(line);
    },
  };
}

function kubectlWay(line: Line, spec: PreviewSpec, folder: string): WayToUrl {
  const file = join(folder, "objects.json");
  const objects = previewObjects(spec);
  const release = ["helmrelease", previewName(spec), "--namespace", spec.controlNamespace];
  return {
    prepare: () =>
      writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: Object.values(objects) as unknown[] })),
    make: async () => {
      await kubectl(line, "apply", "--filename", file);
      await answered(line, applied);
    },
    remove: async () => {
      // While its rights are there, as the driver does it.
      await kubectl(line, "delete", ...release);
      await kubectl(line, "delete", "--filename", file, "--ignore-not-found");
    },
  };
}

async function kubectl({ env, signal }: Line, ...args: readonly string[]): Promise<void> {
  await execa("kubectl", args, { env, stdin: "ignore", ...(signal && { cancelSignal: signal }) });
}

function answered(line: Line, number: number) {
  return answers(line, `/pr-${number}`, ({ status }) => status === 200, "its preview");
}

async function specOfPullRequest({ env, signal }: Line, folder: string): Promise<PreviewSpec> {
  const config = await loadConfig({ cwd: folder, env, flags: {} });
  const { github, engine } = await openPorts(config, env);
  try {
    const reading = await github.pullRequest(applied, signal ?? new AbortController().signal);
    if (reading.kind !== "found") throw new Error(`pull request ${applied}: ${reading.reason}`);
    return previewSpec(config, reading.pullRequest, onlyApp);
  } finally {
    await engine.close();
  }
}
