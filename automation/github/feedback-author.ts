import type { Octokit } from "@octokit/rest";
import { sameName } from "../model.ts";
import { statusOf } from "./octokit-client.ts";

/** Author of a comment, as GitHub reports one. */
export interface Author {
  readonly login: string;
  readonly type?: string;
}

/** Tells the driver's own comments from those of others: anybody can copy a marker, and edit what they wrote afterwards. */
export type IsOwn = (author: Author | null) => boolean;

/**
 * Asks who the driver is to GitHub. The tokens of Apps, that of GitHub Actions among them, may not ask for their user, but
 * for their viewer. Where even that is refused, only what a bot wrote counts: nobody can sign up as one.
 */
export async function ownAuthor(octokit: Octokit, signal: AbortSignal): Promise<IsOwn> {
  const user = await authenticatedUser(octokit, signal);
  if (user !== undefined) return (author) => author !== null && sameName(author.login, user);
  const viewer = await viewerOf(octokit, signal);
  return (author) => author?.type === "Bot" && (viewer === undefined || sameName(bare(author.login), bare(viewer)));
}

async function authenticatedUser(octokit: Octokit, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await octokit.rest.users.getAuthenticated({ request: { signal } })).data.login;
  } catch (error) {
    const status = statusOf(error);
    if (status === 403 || status === 404) return undefined;
    throw error;
  }
}

async function viewerOf(octokit: Octokit, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await octokit.graphql<{ viewer: { login: string } }>("{ viewer { login } }", {
      request: { signal },
    });
    return answer.viewer.login;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** GitHub names an app's account with and without the suffix. */
function bare(login: string): string {
  return login.replace(/\[bot\]$/, "");
}
