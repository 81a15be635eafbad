import { specHash } from "../components/manifests/preview.ts";
import { appsOf, type App } from "./apps.ts";
import type { Config } from "./config.ts";
import type { PullRequest } from "./model.ts";
import { previewSpec } from "./preview-spec.ts";

/** The spec hash of each app of a pull request, computed once: of many, that is a good part of a run with nothing to do. */
export class SpecHashes {
  readonly #config: Config;
  readonly #known = new Map<PullRequest, Map<string | undefined, string>>();

  constructor(config: Config) {
    this.#config = config;
  }

  of(pullRequest: PullRequest, app: App): string {
    const known = this.#known.get(pullRequest) ?? new Map<string | undefined, string>();
    this.#known.set(pullRequest, known);
    const hash = known.get(app.name) ?? specHash(previewSpec(this.#config, pullRequest, app));
    known.set(app.name, hash);
    return hash;
  }

  /** All of these, now: nothing of the cluster is needed for it. */
  prepare(pullRequests: readonly PullRequest[]): void {
    for (const pullRequest of pullRequests) for (const app of appsOf(this.#config)) this.of(pullRequest, app);
  }
}
