import type { PreviewStatus } from "./feedback/feedback.ts";
import type { Action, Outcome, Preview } from "./model.ts";
import { routeOf } from "./preview-spec.ts";
import { previewStatus, pullRequestStatus, type Stage } from "./preview-status.ts";
import type { SyncContext } from "./sync-context.ts";

/** Keeps the people of each pull request informed while its previews are worked on. */
export class Bulletin {
  readonly #context: SyncContext;
  readonly #statuses = new Map<number, Map<string, PreviewStatus>>();

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** Tells where all of them stand before anything is done. */
  open(actions: readonly Action[]): void {
    for (const action of actions) this.#note(action, "planned", undefined, action.preview);
    for (const action of new Map(actions.map((one) => [one.number, one])).values()) this.#tell(action);
  }

  begin(action: Action): void {
    this.#note(action, "begun", undefined, action.preview);
    this.#tell(action);
  }

  finish(action: Action, outcome: Outcome, preview: Preview | undefined): void {
    this.#note(action, "done", outcome, preview);
    this.#tell(action);
  }

  #note(action: Action, stage: Stage, outcome: Outcome | undefined, preview: Preview | undefined): void {
    const { config } = this.#context;
    const { url } = routeOf(action, config);
    const { controlNamespace } = config;
    const status = previewStatus({ action, stage, outcome, preview, url, controlNamespace });
    const statuses = this.#statuses.get(action.number) ?? new Map<string, PreviewStatus>();
    this.#statuses.set(action.number, statuses.set(action.name, status));
  }

  #tell({ number, pullRequest }: Action): void {
    const statuses = this.#statuses.get(number);
    // Nobody is to be told about a preview whose pull request is gone or could not be read.
    if (!pullRequest || !statuses) return;
    this.#context.ports.feedback.tell(pullRequestStatus(pullRequest, [...statuses.values()]));
  }
}
