import { imageReference } from "./admission.ts";
import type { GitHub } from "./github/github.ts";
import type { Memory } from "./memory/memory.ts";
import type { FactName, Facts, ImageState, Policy, PullRequest } from "./model.ts";
import type { ImageRegistry } from "./registry/image-registry.ts";

export interface FactSources {
  readonly github: GitHub;
  readonly registry: ImageRegistry;
  readonly memory: Memory;
}

/** GitHub tells times to the second: what happened in the second of a reading may be in it or not. */
const UNSETTLED_MS = 2000;

/** What is remembered of a pull request, as long as nothing happened to it. */
interface Remembered {
  readonly sha: string;
  readonly updatedAt: string;
  readonly facts: Omit<Facts, "image">;
}

/** Asks for the facts about one pull request, each once. Until something happens to it, the next run knows them. */
export class FactFinder {
  readonly #pullRequest: PullRequest;
  readonly #sources: FactSources;
  readonly #signal: AbortSignal;
  #facts: Omit<Facts, "image">;
  #image: ImageState | undefined;

  constructor(pullRequest: PullRequest, sources: FactSources, signal: AbortSignal) {
    this.#pullRequest = pullRequest;
    this.#sources = sources;
    this.#signal = signal;
    this.#facts = this.#remembered();
  }

  get facts(): Facts {
    return this.#image === undefined ? this.#facts : { ...this.#facts, image: this.#image };
  }

  async find(fact: FactName, policy: Policy): Promise<void> {
    if (fact === "image") {
      const reference = imageReference(policy.image ?? "", this.#pullRequest.head.sha);
      this.#image = await this.#sources.registry.state(reference, this.#signal);
      return;
    }
    this.#facts = { ...this.#facts, [fact]: await this.#ask(fact) };
    this.#remember();
  }

  /** Another app of the same pull request has another image. */
  forgetImage(): void {
    this.#image = undefined;
  }

  async #ask(fact: Exclude<FactName, "image">): Promise<Facts[FactName]> {
    const { github } = this.#sources;
    const [pullRequest, signal] = [this.#pullRequest, this.#signal];
    switch (fact) {
      case "commands":
        return github.commands(pullRequest, signal);
      case "approvals":
        return github.approvals(pullRequest, signal);
      case "headSince":
        return github.headSince(pullRequest, signal);
      case "lastPush":
        return this.#lastPush();
      case "changedFiles":
        return github.changedFiles(pullRequest, signal);
    }
  }

  /** GitHub's own record of the push. Where there is none, the later of the commit's making and the pull request's. */
  async #lastPush(): Promise<string> {
    const { github } = this.#sources;
    const pushed = this.#facts.headSince ?? (await github.headSince(this.#pullRequest, this.#signal));
    if (pushed !== null) return pushed;
    const { createdAt } = this.#pullRequest;
    const committedAt = await github.committedAt(this.#pullRequest, this.#signal);
    // A commit's time is whatever its author's clock said.
    const made = Math.min(Date.parse(committedAt), github.time());
    return made > Date.parse(createdAt) ? new Date(made).toISOString() : createdAt;
  }

  get #key(): string {
    return `facts/${this.#pullRequest.number}`;
  }

  #remembered(): Omit<Facts, "image"> {
    const { head, updatedAt } = this.#pullRequest;
    const known = this.#sources.memory.get(this.#key) as Remembered | undefined;
    return known?.sha === head.sha && known.updatedAt === updatedAt ? known.facts : {};
  }

  #remember(): void {
    const { head, updatedAt } = this.#pullRequest;
    if (this.#sources.github.time() - Date.parse(updatedAt) < UNSETTLED_MS) return;
    const known: Remembered = { sha: head.sha, updatedAt, facts: this.#facts };
    this.#sources.memory.set(this.#key, known);
  }
}
