import { createHmac, randomUUID } from "node:crypto";
import type { WebhookConfig } from "../model.ts";

export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Subject {
  readonly event: string;
  readonly webhookId: number;
  readonly repositoryId: number;
  readonly payload: unknown;
}

/** What is posted: signed with the webhook's secret, as the body is sent. */
export function delivery(
  { contentType, secret }: Pick<WebhookConfig, "contentType" | "secret">,
  { event, webhookId, repositoryId, payload }: Subject,
  id: string = randomUUID(),
): Delivery {
  const json = JSON.stringify(payload);
  const body = contentType === "json" ? json : new URLSearchParams({ payload: json }).toString();
  const sign = (algorithm: string, key: string) =>
    `${algorithm}=${createHmac(algorithm, key).update(body).digest("hex")}`;
  return {
    headers: {
      accept: "*/*",
      "content-type": contentType === "json" ? "application/json" : "application/x-www-form-urlencoded",
      "user-agent": "GitHub-Hookshot/0000000",
      "x-github-delivery": id,
      "x-github-event": event,
      "x-github-hook-id": String(webhookId),
      "x-github-hook-installation-target-id": String(repositoryId),
      "x-github-hook-installation-target-type": "repository",
      ...(secret !== undefined && {
        "x-hub-signature": sign("sha1", secret),
        "x-hub-signature-256": sign("sha256", secret),
      }),
    },
    body,
  };
}
