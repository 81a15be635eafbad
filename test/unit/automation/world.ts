import type { ClusterPreview } from "../../../automation/cluster/cluster.ts";
import type { Config } from "../../../automation/config.ts";
import { PreviewError, type DeployRequest } from "../../../automation/engines/engine.ts";
import type { PullRequest, Reading } from "../../../automation/model.ts";
import type { Ports } from "../../../automation/ports.ts";
import { noProgress } from "../../../automation/progress/line-progress.ts";
import { unreachable } from "../../../automation/problem.ts";
import { fileSchema } from "../../../automation/settings/schema.ts";
import type { SyncContext } from "../../../automation/sync-context.ts";
import { specHash } from "../../../components/manifests/preview.ts";
import { namespace, release, repository } from "./samples.ts";

export const config: Config = {
  ...fileSchema.parse({ repository }),
  repository,
  concurrency: 2,
  timeoutSeconds: 1,
  token: "token",
  kubeconfig: { contents: "{}", context: "one", server: "https://cluster.example.com" },
};

/** A world in memory: what the driver does to it can be looked at, and each part can be broken. */
export class World {
  readonly pullRequests = new Map<number, PullRequest>();
  readonly labels = new Set(["preview"]);
  readonly stacks = new Set<string>();
  readonly objects = new Map<number, ClusterPreview>();
  /** What was done, in order. */
  readonly done: string[] = [];
  /** Previews whose deployment fails. */
  readonly failing = new Set<number>();
  /** How often the release has failed of previews whose deployment waits until it is cancelled. */
  readonly hanging = new Map<number, number>();
  readonly broken = { list: false, reading: false, engine: false, cluster: false };
  readonly interruption = new AbortController();
  /** Previews being worked on now, and the most there ever were at once. */
  readonly busy = { now: 0, most: 0 };

  add(...pullRequests: readonly PullRequest[]): this {
    for (const one of pullRequests) this.pullRequests.set(one.number, one);
    return this;
  }

  get context(): SyncContext {
    return {
      config,
      ports: this.ports,
      progress: noProgress,
      signal: this.interruption.signal,
      now: () => performance.now(),
    };
  }

  get ports(): Ports {
    return {
      github: {
        openPullRequests: () => {
          if (this.broken.list) return Promise.reject(unreachable("github.apiUrl", "down"));
          return Promise.resolve([...this.pullRequests.values()].filter(({ state }) => state === "open"));
        },
        pullRequest: (number) => Promise.resolve(this.#read(number)),
        hasLabel: (name) => Promise.resolve(this.labels.has(name)),
      },
      engine: {
        stacks: () =>
          this.broken.engine ? Promise.reject(unreachable("pulumi", "down")) : Promise.resolve([...this.stacks]),
        repositoryOf: () => Promise.resolve(repository),
        deploy: (request, { signal }) =>
          this.hanging.has(request.spec.number)
            ? this.#hang(request, signal)
            : this.#work(() => {
                this.#deploy(request);
              }),
        destroy: (name) =>
          this.#work(() => {
            this.#destroy(name);
          }),
        close: () => Promise.resolve(),
      },
      cluster: {
        previews: () =>
          this.broken.cluster
            ? Promise.reject(unreachable("kubernetes", "down"))
            : Promise.resolve([...this.objects.values()]),
        preview: (number) => Promise.resolve(this.objects.get(number) ?? nothing(number)),
        reason: (number) => Promise.resolve(this.failing.has(number) ? "ImagePullBackOff" : undefined),
        receipt: () => Promise.resolve({ removed: ["Namespace"], remains: [] }),
      },
    };
  }

  #read(number: number): Reading {
    if (this.broken.reading) return { kind: "unreadable", reason: "502" };
    const pullRequest = this.pullRequests.get(number);
    return pullRequest ? { kind: "found", pullRequest } : { kind: "missing", reason: "404" };
  }

  async #work(step: () => void): Promise<void> {
    this.busy.now += 1;
    this.busy.most = Math.max(this.busy.most, this.busy.now);
    await new Promise((wake) => setTimeout(wake, 5));
    this.busy.now -= 1;
    step();
  }

  #deploy({ name, spec, exists }: DeployRequest): void {
    const { number } = spec;
    this.done.push(`${exists ? "update" : "create"} ${name}`);
    this.stacks.add(name);
    if (this.failing.has(number)) throw new PreviewError("the update failed");
    const state = release(number, { sha: spec.sha, specHash: specHash(spec) });
    this.objects.set(number, { number, name, repository, namespace, release: state });
  }

  /** What Pulumi does for a release that does not become Ready: it waits. */
  async #hang({ name, spec }: DeployRequest, signal: AbortSignal): Promise<void> {
    const { number, sha } = spec;
    const failures = this.hanging.get(number) ?? 0;
    const state = release(number, { sha, specHash: specHash(spec), ready: false, failures });
    this.stacks.add(name);
    this.objects.set(number, { number, name, repository, namespace, release: state });
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(new PreviewError("cancelled"));
      });
    });
  }

  #destroy(name: string): void {
    this.done.push(`destroy ${name}`);
    this.stacks.delete(name);
    this.objects.delete(Number(name.slice("pr-".length)));
  }
}

function nothing(number: number): ClusterPreview {
  return { number, name: `pr-${number}`, repository: undefined, namespace: undefined, release: undefined };
}
