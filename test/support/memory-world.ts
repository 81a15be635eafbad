import { previewName, specHash } from "../../components/manifests/preview.ts";
import type { UrlAnswer } from "../../automation/check/url-check.ts";
import type { ClusterPreview } from "../../automation/cluster/cluster.ts";
import { PreviewError, type DeployRequest } from "../../automation/engines/engine.ts";
import type { ControlObject, ImageState } from "../../automation/model.ts";
import type { Ports } from "../../automation/ports.ts";
import { unreachable } from "../../automation/problem.ts";
import { namespace, release, repository } from "../unit/automation/samples.ts";

/** Everything behind the driver but the code host, in memory: what is done to it can be looked at, and each part can be broken. */
export class MemoryWorld {
  /** States of images by their reference; the others are present. */
  readonly images = new Map<string, ImageState>();
  readonly stacks = new Set<string>();
  readonly objects = new Map<string, ClusterPreview>();
  readonly controlObjects: ControlObject[] = [];
  /** Names of namespaces that are somebody else's. */
  readonly taken = new Set<string>();
  /** What URLs answer, by host and path. */
  readonly answers = new Map<string, UrlAnswer>();
  /** Questions that were asked, in order. */
  readonly asked: string[] = [];
  /** What was done, in order. */
  readonly done: string[] = [];
  /** Previews whose deployment fails. */
  readonly failing = new Set<number>();
  /** What the containers of those say, and what their deployment fails with, where it is not the usual. */
  readonly logs = new Map<number, string>();
  readonly errors = new Map<number, string>();
  /** Previews whose objects are not all gone after a destroy. */
  readonly stuck = new Set<string>();
  /** How often the release has failed of previews whose deployment waits until it is cancelled. */
  readonly hanging = new Map<number, number>();
  readonly broken = { engine: false, cluster: false };
  /** Previews being worked on now, and the most there ever were at once. */
  readonly busy = { now: 0, most: 0 };
  /** What a piece of work on a preview waits for. */
  gate: (name: string) => Promise<void> = () => Promise.resolve();
  /** Whether the engine works without a look at all stacks. */
  findsStacks = false;
  /** How long a piece of work takes. */
  workMs = 5;

  get ports(): Pick<Ports, "registry" | "engine" | "cluster" | "urlCheck"> {
    const { ask } = this;
    return {
      registry: {
        state: (reference) => ask(`image ${reference}`, this.images.get(reference) ?? { kind: "present" }),
      },
      engine: {
        findsStacks: this.findsStacks,
        stacks: () =>
          this.broken.engine ? Promise.reject(unreachable("pulumi", "down")) : ask("stacks", [...this.stacks]),
        repositoryOf: () => Promise.resolve(repository),
        deploy: (request, { signal }) =>
          this.hanging.has(request.spec.number)
            ? this.#hang(request, signal)
            : this.#work(request.name, () => {
                this.#deploy(request);
              }),
        destroy: ({ name }) =>
          this.#work(name, () => {
            this.#destroy(name);
          }),
        prepare: () => undefined,
        yield: (name) => {
          this.done.push(`yield ${name}`);
          return Promise.resolve();
        },
        forget: (name) => {
          this.done.push(`forget ${name}`);
          this.stacks.delete(name);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
        redact: (text) => text,
      },
      cluster: {
        previews: () =>
          this.broken.cluster
            ? Promise.reject(unreachable("kubernetes", "down"))
            : ask("previews", [...this.objects.values()]),
        controlObjects: () => ask("control objects", this.controlObjects),
        isTaken: (name) => Promise.resolve(this.taken.has(name)),
        preview: (name) => Promise.resolve(this.objects.get(name) ?? nothing(name)),
        reason: (name) => Promise.resolve(this.failing.has(numberOf(name)) ? "ImagePullBackOff" : undefined),
        logs: (name) => {
          const number = numberOf(name);
          return Promise.resolve(this.failing.has(number) ? (this.logs.get(number) ?? "app: no such file") : undefined);
        },
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
    };
  }

  protected readonly ask = <T>(question: string, answer: T): Promise<T> => {
    this.asked.push(question);
    return Promise.resolve(answer);
  };

  async #work(name: string, step: () => void): Promise<void> {
    this.busy.now += 1;
    this.busy.most = Math.max(this.busy.most, this.busy.now);
    await this.gate(name);
    if (this.workMs > 0) await new Promise((wake) => setTimeout(wake, this.workMs));
    this.busy.now -= 1;
    step();
  }

  #deploy({ name, spec, exists, adopt }: DeployRequest): void {
    const { number, app } = spec;
    this.done.push(`${exists ? "update" : adopt ? "adopt" : "create"} ${name}`);
    this.stacks.add(name);
    if (this.failing.has(number)) throw new PreviewError(this.errors.get(number) ?? "the update failed");
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
