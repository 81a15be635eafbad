import { setTimeout as sleep } from "node:timers/promises";
import { github } from "../../../sandbox/line.ts";
import type { FluxWorld } from "./flux-world.ts";

/** Controllers whose memory counts, by their label. */
export const controllers = ["flux-operator", "helm-controller", "source-controller"] as const;
export type Controller = (typeof controllers)[number];

export interface Counted {
  /** Requests to GitHub's API that count against its limit: all but those that are answered 304. */
  readonly github: number;
  /** Requests to the API server, by whomever, without watches and these measurements. */
  readonly kubernetes: number;
  /** Of them, those that write. */
  readonly writes: number;
}

export async function count({ kubectl, line }: FluxWorld): Promise<Counted> {
  const { octokit } = github(line);
  const { data } = await octokit.rest.rateLimit.get();
  const served = samples(await kubectl(["get", "--raw", "/metrics"]), "apiserver_request_total").filter(
    ({ labels }) => !labels.includes('verb="WATCH"') && !labels.includes('subresource="proxy"'),
  );
  const sum = (some: typeof served) => some.reduce((total, { value }) => total + value, 0);
  const writes = served.filter(({ labels }) => /verb="(POST|PUT|PATCH|APPLY|DELETE)"/.test(labels));
  return { github: data.resources.core.used, kubernetes: sum(served), writes: sum(writes) };
}

/** Looks at the controllers' resident memory every few seconds, until it is stopped; gives the most each had, in MB. */
export function watchControllers(world: FluxWorld): { stop(): Promise<Readonly<Record<Controller, number>>> } {
  const ended = new AbortController();
  const most = new Map<Controller, number>();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      for (const name of controllers) {
        const memory = await residentMb(name, world).catch(() => 0);
        most.set(name, Math.max(most.get(name) ?? 0, memory));
      }
      await sleep(EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      ended.abort();
      await watching;
      return Object.fromEntries(controllers.map((name) => [name, most.get(name) ?? 0])) as Record<Controller, number>;
    },
  };
}

const EVERY_MS = 3000;
const METRICS_PORT = 8080;
const NAMESPACE = "flux-system";

async function residentMb(name: Controller, { kubectl }: FluxWorld): Promise<number> {
  const selector = name === "flux-operator" ? "app.kubernetes.io/name=flux-operator" : `app=${name}`;
  const pods = ["get", "pods", "--namespace", NAMESPACE, "--selector", selector];
  const pod = await kubectl([...pods, "--output", "jsonpath={.items[0].metadata.name}"]);
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod}:${METRICS_PORT}/proxy/metrics`;
  const [resident] = samples(await kubectl(["get", "--raw", path]), "process_resident_memory_bytes");
  return Math.round((resident?.value ?? 0) / 1024 ** 2);
}

/** The samples of one metric in Prometheus' text format. */
export function samples(text: string, metric: string): readonly { readonly labels: string; readonly value: number }[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith(metric)) return [];
    const [, labels = "", value] = /^[a-z_]+(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    return value === undefined ? [] : [{ labels, value: Number(value) }];
  });
}

export interface Releases {
  readonly ready: number;
  readonly failed: number;
}

/** How many releases of previews are Ready, and how many have failed. */
export async function releases({ kubectl }: FluxWorld): Promise<Releases> {
  const what = ["get", "helmreleases", "--namespace", "app-preview"];
  const output = 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const states = (await kubectl([...what, "--output", output])).split("\n");
  return {
    ready: states.filter((state) => state === "True").length,
    failed: states.filter((state) => state === "False").length,
  };
}
