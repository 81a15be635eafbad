import type { Config } from "../../../automation/config.ts";
import type { PullRequestStatus } from "../../../automation/feedback/feedback.ts";
import { shortMemory } from "../../../automation/memory/file-memory.ts";
import type { Command, PullRequest, Reading } from "../../../automation/model.ts";
import type { Ports } from "../../../automation/ports.ts";
import { noProgress } from "../../../automation/progress/line-progress.ts";
import { unreachable } from "../../../automation/problem.ts";
import { fileSchema } from "../../../automation/settings/schema.ts";
import type { SyncContext } from "../../../automation/sync-context.ts";
import { MemoryWorld } from "../../support/memory-world.ts";
import { repository } from "./samples.ts";

export const config: Config = {
  ...fileSchema.parse({ repository }),
  repository,
  concurrency: 2,
  timeoutSeconds: 1,
  auth: { kind: "token", token: "token" },
  cacheFolder: "/nowhere",
  kubeconfig: { contents: "{}", context: "one", server: "https://cluster.example.com" },
};

/** A world in memory, code host included. */
export class World extends MemoryWorld {
  settings: Config = config;
  readonly pullRequests = new Map<number, PullRequest>();
  readonly commands = new Map<number, Command[]>();
  readonly approvals = new Map<number, Command[]>();
  /** When each pull request was last pushed to, as GitHub has it on record. */
  readonly pushes = new Map<number, string>();
  readonly files = new Map<number, readonly string[] | null>();
  readonly formerNames = new Set<string>();
  readonly labels = new Set(["preview"]);
  /** What was told, in order. */
  readonly told: PullRequestStatus[] = [];
  override readonly broken = { list: false, reading: false, engine: false, cluster: false, comments: false };
  readonly interruption = new AbortController();
  /** Milliseconds since 1970. */
  clock = Date.parse("2026-02-01T00:00:00Z");
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

  override get ports(): Ports {
    const { ask } = this;
    return {
      ...super.ports,
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
}
