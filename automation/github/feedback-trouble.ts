import { ProblemsError } from "../problem.ts";
import { permissionsAskedFor } from "./accepted-permissions.ts";
import { messageOf, statusOf } from "./octokit-client.ts";

/**
 * Why GitHub did not take something:
 * `refused` holds for everything of its kind, `token` and `limit` for everything, `unanswered` may pass, and `item` is
 * about this one thing.
 */
export type TroubleKind = "refused" | "token" | "limit" | "unanswered" | "item";

export interface Trouble {
  readonly kind: TroubleKind;
  /** In words for people. */
  readonly text: string;
}

export function troubleOf(error: unknown): Trouble {
  const status = statusOf(error);
  const message = messageOf(error);
  const told = status === undefined ? message : `${message} (${status})`;
  // The client itself holds requests back until the time that GitHub named.
  if (error instanceof ProblemsError || isLimit(error)) return { kind: "limit", text: told };
  if (status === 401) return { kind: "token", text: `GitHub refuses the token: ${told}` };
  if (isRefused(error)) return { kind: "refused", text: `${told}${permissionsAskedFor(error)}` };
  if (isUnanswered(error)) return { kind: "unanswered", text: told };
  return { kind: "item", text: told };
}

/** What it is about is not there, or no longer. */
export function isGone(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || status === 410;
}

/** The token may not do this. A conversation that was locked is a 403 too, but says nothing about the token. */
export function isRefused(error: unknown): boolean {
  return statusOf(error) === 403 && !isLimit(error) && !/\block/i.test(messageOf(error));
}

/** Whether it was done is not known. */
export function isUnanswered(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? isNetwork(error) : status >= 500;
}

function isLimit(error: unknown): boolean {
  const status = statusOf(error);
  return (status === 403 || status === 429) && (status === 429 || /rate limit|abuse/i.test(messageOf(error)));
}

function isNetwork(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name));
}
