import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { notFound, refused } from "../api-error.ts";
import {
  created,
  noContent,
  ok,
  operation,
  page,
  permitted,
  repositoryOf,
  type Call,
  type Operations,
} from "../call.ts";
import type { Repository, Webhook, WebhookConfig } from "../model.ts";
import { renderWebhook } from "../representation/webhook.ts";

export const webhooks: Operations = {
  "repos/create-webhook": operation<Rest["repos"]["createWebhook"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    permitted(call, repository, "admin");
    const config = configOf(input.config ?? {});
    const events = eventsOf(input.events ?? ["push"]);
    const twice = repository.webhooks.some(
      (other) => other.config.url === config.url && sameEvents(other.events, events),
    );
    if (twice) throw refused("Hook", "Hook already exists on this repository");
    const now = hub.now();
    const webhook: Webhook = {
      id: hub.store.newId(),
      createdAt: now,
      updatedAt: now,
      active: input.active ?? true,
      events,
      config,
      lastResponse: { code: null, status: "unused", message: null },
    };
    repository.webhooks.push(webhook);
    return created(renderWebhook(hub, repository, webhook));
  }),

  "repos/list-webhooks": operation<Rest["repos"]["listWebhooks"]>((call) => {
    const repository = repositoryOf(call);
    permitted(call, repository, "admin");
    return page(call, repository.webhooks, (webhook) => renderWebhook(call.hub, repository, webhook));
  }),

  "repos/get-webhook": operation<Rest["repos"]["getWebhook"]>((call) => {
    const { repository, webhook } = webhookOf(call);
    return ok(renderWebhook(call.hub, repository, webhook));
  }),

  "repos/update-webhook": operation<Rest["repos"]["updateWebhook"]>((call) => {
    const { repository, webhook } = webhookOf(call);
    const { config, events, add_events: added = [], remove_events: removed = [], active } = call.input;
    // A configuration is replaced whole: a secret that is not named again is no more.
    if (config !== undefined) webhook.config = configOf(config);
    const kept = [...eventsOf(events ?? webhook.events), ...eventsOf(added)].filter(
      (event) => !removed.includes(event),
    );
    webhook.events = [...new Set(kept)];
    webhook.active = active ?? webhook.active;
    webhook.updatedAt = call.hub.now();
    return ok(renderWebhook(call.hub, repository, webhook));
  }),

  "repos/delete-webhook": operation<Rest["repos"]["deleteWebhook"]>((call) => {
    const { repository, webhook } = webhookOf(call);
    repository.webhooks.splice(repository.webhooks.indexOf(webhook), 1);
    return noContent();
  }),
};

type WebhookCall = Call<{ readonly owner: string; readonly repo: string; readonly hook_id: number }>;

function webhookOf(call: WebhookCall): { readonly repository: Repository; readonly webhook: Webhook } {
  const repository = repositoryOf(call);
  permitted(call, repository, "admin");
  const webhook = repository.webhooks.find(({ id }) => id === call.input.hook_id);
  if (!webhook) throw notFound();
  return { repository, webhook };
}

interface GivenConfig {
  readonly url?: string;
  readonly content_type?: string;
  readonly insecure_ssl?: string | number;
  readonly secret?: string;
}

function configOf({ url = "", content_type: type, insecure_ssl: insecure, secret }: GivenConfig): WebhookConfig {
  if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw refused("Hook", "url is not one that can be posted to", "url");
  return {
    url,
    contentType: type === "json" ? "json" : "form",
    insecureSsl: String(insecure) === "1" ? "1" : "0",
    ...(secret !== undefined && secret !== "" && { secret }),
  };
}

function eventsOf(events: readonly string[]): readonly string[] {
  const wrong = events.filter((event) => !/^([a-z_]+|\*)$/.test(event));
  if (wrong.length > 0) throw refused("Hook", `The following events are invalid: ${wrong.join(", ")}`, "events");
  return [...new Set(events)];
}

function sameEvents(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((event) => other.includes(event));
}
