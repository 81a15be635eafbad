import { previewName, specHash } from "../../../components/manifests/preview.ts";
import type { UrlAnswer } from "../../../automation/check/url-check.ts";
import type { ClusterPreview } from "../../../automation/cluster/cluster.ts";
import type { Config } from "../../../automation/config.ts";
import { PreviewError, type DeployRequest } from "../../../automation/engines/engine.ts";
import type { PullRequestStatus } from "../../../automation/feedback/feedback.ts";
import { shortMemory } from "../../../automation/memory/file-memory.ts";
import type { Command, ControlObject, ImageState, PullRequest, Reading } from "../../../automation/model.ts";
import type { Ports } from "../../../automation/ports.ts";
import { noProgress } from "../../../automation/progress/line-progress.ts";
import { unreachable } from "../../../automation/problem.ts";
import { fileSchema } from "../../../automation/settings/schema.ts";
import type { SyncContext } from "../../../automation/sync-context.ts";
import { namespace, release, repository } from "./samples.ts";

export const config: Config = {
  ...fileSchema.parse({ repository }),
  repository,
  concurrency: 2,
  timeoutSeconds: 1,
  auth: { kind: "token", token: "token" },
  cacheFolder: "/nowhere",
  kubeconfig: { contents: "{}", context: "one", server: "https://cluster.example.com" },
};

/** A world in memory: what the driver does to it can be looked at, and each part can be broken. */
export class World {
  settings: Config = config;
  readonly pullRequests = new Map<number, PullRequest>();
  readonly commands = new Map<number, Command[]>();
  readonly approvals = new Map<number, Command[]>();
  /** When each pull request was last pushed to, as GitHub has it on record. */
  readonly pushes = new Map<number, string>();
  readonly files = new Map<number, readonly string[] | null>();
  /** States of images by their reference; the others are present. */
  readonly images = new Map<string, ImageState>();
  readonly formerNames = new Set<string>();
  readonly labels = new Set(["preview"]);
  readonly stacks = new Set<string>();
  readonly objects = new Map<string, ClusterPreview>();
  readonly controlObjects: ControlObject[] = [];
  /** What URLs answer, by host and path. */
  readonly answers = new Map<string, UrlAnswer>();
  /** What was told, in order. */
  readonly told: PullRequestStatus[] = [];
  /** Questions that were asked, in order. */
  readonly asked: string[] = [];
  /** What was done, in order. */
  readonly done: string[] = [];
  /** Previews whose deployment fails. */
  readonly failing = new Set<number>();
  /** Previews whose objects are not all gone after a destroy. */
  readonly stuck = new Set<string>();
  /** How often the release has failed of previews whose deployment waits until it is cancelled. */
  readonly hanging = new Map<number, number>();
  readonly broken = { list: false, reading: false, engine: false, cluster: false, comments: false };
  readonly interruption = new AbortController();
  /** Previews being worked on now, and the most there ever were at once. */
  readonly busy = { now: 0, most: 0 };
  /** Milliseconds since 1970. */
  clock = Date.parse("2026-02-01T00:00:00Z");
  /** How long a piece of work takes. */
  workMs = 5;
  memory = shortMemory();

  add(...pullRequests: readonly PullRequest[]): this {
    for (const one of pullRequests) this.pullRequests.set(one.number, one);
    return this;
  }

  get context(): SyncContext {
    return {
      config: this.settings,
      ports: this.ports,
      progress: noProgress,
      signal: this.interruption.signal,
      now: () => performance.now(),
      today: () => this.clock,
    };
  }

  get ports(): Ports {
    const ask = <T>(question: string, answer: T): Promise<T> => {
      this.asked.push(question);
      return Promise.resolve(answer);
    };
    return {
      github: {
        openPullRequests: () => {
          if (this.broken.list) return Promise.reject(unreachable("github.apiUrl", "down"));
          return ask(
            "list",
            [...this.pullRequests.values()].filter(({ state }) => state === "open"),
          );
        },
        pullRequest: (number) => ask(`read ${number}`, this.#read(number)),
        hasLabel: (name) => ask("label", this.labels.has(name)),
        commands: ({ number }) => {
          if (this.broken.comments) return Promise.reject(unreachable("github.apiUrl", "down"));
          return ask(`commands ${number}`, this.commands.get(number) ?? []);
        },
        approvals: ({ number }) => ask(`approvals ${number}`, this.approvals.get(number) ?? []),
        headSince: ({ number }) => ask(`push ${number}`, this.pushes.get(number) ?? null),
        committedAt: ({ number }) => ask(`commit ${number}`, "2026-01-01T00:00:00Z"),
        changedFiles: ({ number }) => ask(`files ${number}`, this.files.get(number) ?? []),
        wasCalled: (name) => ask(`name ${name}`, this.formerNames.has(name)),
        time: () => this.clock,
      },
      registry: {
        state: (reference) => ask(`image ${reference}`, this.images.get(reference) ?? { kind: "present" }),
      },
      engine: {
        stacks: () =>
          this.broken.engine ? Promise.reject(unreachable("pulumi", "down")) : ask("stacks", [...this.stacks]),
        repositoryOf: () => Promise.resolve(repository),
        deploy: (request, { signal }) =>
          this.hanging.has(request.spec.number)
            ? this.#hang(request, signal)
            : this.#work(() => {
                this.#deploy(request);
              }),
        destroy: ({ name }) =>
          this.#work(() => {
            this.#destroy(name);
          }),
        close: () => Promise.resolve(),
        redact: (text) => text,
      },
      cluster: {
        previews: () =>
          this.broken.cluster
            ? Promise.reject(unreachable("kubernetes", "down"))
            : ask("previews", [...this.objects.values()]),
        controlObjects: () => ask("control objects", this.controlObjects),
        preview: (name) => Promise.resolve(this.objects.get(name) ?? nothing(name)),
        reason: (name) => Promise.resolve(this.failing.has(numberOf(name)) ? "ImagePullBackOff" : undefined),
        logs: (name) => Promise.resolve(this.failing.has(numberOf(name)) ? "app: no such file" : undefined),
        receipt: (name) => Promise.resolve(this.#receipt(name)),
        remove: (name) => {
          this.done.push(`remove ${name}`);
          if (!this.stuck.has(name)) this.#forget(name);
          return Promise.resolve();
        },
        gatewayAddress: () => Promise.resolve("192.0.2.1"),
      },
      urlCheck: {
        ask: ({ host, path }) => Promise.resolve(this.answers.get(host + path) ?? { kind: "answered" }),
      },
      feedback: {
        tell: (status) => {
          this.told.push(status);
        },
        finish: () => Promise.resolve([]),
      },
      memory: this.memory,
    };
  }

  #read(number: number): Reading {
    if (this.broken.reading) return { kind: "unreadable", reason: "502" };
    const pullRequest = this.pullRequests.get(number);
    return pullRequest ? { kind: "found", pullRequest } : { kind: "gone", reason: "404" };
  }

  async #work(step: () => void): Promise<void> {
    this.busy.now += 1;
    this.busy.most = Math.max(this.busy.most, this.busy.now);
    if (this.workMs > 0) await new Promise((wake) => setTimeout(wake, this.workMs));
    this.busy.now -= 1;
    step();
  }

  #deploy({ name, spec, exists, adopt }: DeployRequest): void {
    const { number, app } = spec;
    this.done.push(`${exists ? "update" : adopt ? "adopt" : "create"} ${name}`);
    this.stacks.add(name);
    if (this.failing.has(number)) throw new PreviewError("the update failed");
    const state = release(number, { sha: spec.sha, specHash: specHash(spec), branch: spec.branch });
    this.objects.set(name, { number, app, name, repository: spec.repository, namespace, release: state });
  }

  /** What Pulumi does for a release that does not become Ready: it waits. */
  async #hang({ name, spec }: DeployRequest, signal: AbortSignal): Promise<void> {
    const { number, sha, app } = spec;
    const failures = this.hanging.get(number) ?? 0;
    const state = release(number, { sha, specHash: specHash(spec), ready: false, failures });
    this.stacks.add(name);
    this.objects.set(name, { number, app, name, repository, namespace, release: state });
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(new PreviewError("cancelled"));
      });
    });
  }

  #destroy(name: string): void {
    this.done.push(`destroy ${name}`);
    this.stacks.delete(name);
    if (!this.stuck.has(name)) this.#forget(name);
  }

  #forget(name: string): void {
    this.objects.delete(name);
    const kept = this.controlObjects.filter(({ preview }) => preview !== name);
    this.controlObjects.splice(0, this.controlObjects.length, ...kept);
  }

  #receipt(name: string) {
    const there = this.objects.has(name) || this.controlObjects.some(({ preview }) => preview === name);
    const what = `Namespace ${name}`;
    return there ? { removed: [], remains: [what] } : { removed: [what], remains: [] };
  }
}

function numberOf(name: string): number {
  return Number(/^pr-(\d+)/.exec(name)?.[1]);
}

function nothing(name: string): ClusterPreview {
  const number = numberOf(name);
  const app = name === previewName({ number }) ? undefined : name.slice(previewName({ number }).length + 1);
  return { number, app, name, repository: undefined, namespace: undefined, release: undefined };
}
