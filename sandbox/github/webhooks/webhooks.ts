import type { Hub } from "../hub.ts";
import type { Repository, Webhook } from "../model.ts";
import { delivery, type Delivery } from "./delivery.ts";
import { happenings, look, type Happening, type Seen } from "./happenings.ts";
import { payloadOf } from "./payload.ts";
import { PayloadCheck } from "./payload-check.ts";

/** GitHub waits no longer for an answer. */
const PATIENCE_MS = 10_000;

/** Tells webhooks what happens: once each, in no promised order, and never again. */
export class Webhooks {
  readonly #hub: Hub;
  readonly #log: (line: string) => void;
  readonly #check = new PayloadCheck();
  /** What was known when last looked, by the id of the repository. Those without a webhook are not looked at. */
  readonly #seen = new Map<number, Seen>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(hub: Hub, log: (line: string) => void) {
    this.#hub = hub;
    this.#log = log;
    // What an earlier run of the host has left is no news, but what a kill has cut off will be.
    for (const repository of hub.store.state.repositories) {
      if (repository.webhooks.length > 0) this.#seen.set(repository.id, look(repository));
    }
  }

  /**
   * Looks what has happened since it last looked, and sends it off without waiting for answers.
   *
   * @param by login of who is behind it
   */
  async observe(by: string | undefined): Promise<void> {
    for (const repository of this.#hub.store.state.repositories) {
      try {
        await this.#observe(repository, by ?? repository.owner);
      } catch (error) {
        this.#log(`error: webhooks of ${repository.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay);
  }

  async #observe(repository: Repository, by: string): Promise<void> {
    const before = this.#seen.get(repository.id);
    if (repository.webhooks.length === 0) {
      this.#seen.delete(repository.id);
      return;
    }
    const after = look(repository);
    this.#seen.set(repository.id, after);
    // Nothing that was before its first webhook is news, but the webhook itself is.
    const since = before ?? { ...after, webhooks: new Set<number>() };
    for (const happening of happenings(since, after)) await this.#tell(repository, happening, by);
  }

  async #tell(repository: Repository, happening: Happening, by: string): Promise<void> {
    const { event } = happening;
    const told = repository.webhooks.filter((webhook) => wants(webhook, happening));
    if (told.length === 0) return;
    const payload = await payloadOf(this.#hub, repository, happening, by);
    if (!payload) return;
    const violations = this.#check.violations(event, payload);
    if (violations.length > 0) {
      const message = `The payload of ${event} is not what GitHub's description promises`;
      this.#log(`violation: ${message}: ${violations.join("; ")}`);
      return;
    }
    for (const webhook of told) {
      const subject = { event, webhookId: webhook.id, repositoryId: repository.id, payload };
      const sent = this.#send(webhook, delivery(webhook.config, subject), event);
      this.#underWay.add(sent);
      void sent.finally(() => this.#underWay.delete(sent));
    }
  }

  async #send(webhook: Webhook, { headers, body }: Delivery, event: string): Promise<void> {
    const started = performance.now();
    const { url } = webhook.config;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal }).then(
      async (response) => {
        await response.body?.cancel();
        return { code: response.status, status: response.ok ? "active" : "invalid_http_response", message: null };
      },
      (error: unknown) => ({ code: null, status: "connection_error", message: reasonOf(error) }),
    );
    webhook.lastResponse =
      answer.code === null || answer.status === "active" ? answer : { ...answer, message: "Invalid HTTP Response" };
    this.#hub.store.save();
    const took = Math.round(performance.now() - started);
    this.#log(`webhook: ${event} -> ${new URL(url).origin} ${answer.message ?? answer.code} ${took} ms`);
  }
}

/** Whether a webhook is told of it: a ping is for the one it is about. */
function wants({ id, active, events }: Webhook, happening: Happening): boolean {
  if (happening.event === "ping") return id === happening.webhook;
  return active && (events.includes("*") || events.includes(happening.event));
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
