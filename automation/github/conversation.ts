import type { RestEndpointMethodTypes } from "@octokit/rest";
import { parseCommands } from "../commands-given.ts";
import { permissions, type Command, type Permission } from "../model.ts";
import { PER_PAGE, type ConditionalReads } from "./conditional-reads.ts";
import { statusOf, type GitHubClient } from "./octokit-client.ts";

type Comment = RestEndpointMethodTypes["issues"]["listComments"]["response"]["data"][number];
type Review = RestEndpointMethodTypes["pulls"]["listReviews"]["response"]["data"][number];
type PermissionAnswer = RestEndpointMethodTypes["repos"]["getCollaboratorPermissionLevel"]["response"]["data"];

type Given = Omit<Command, "permission">;

interface Verdict {
  readonly author: string;
  readonly state: string;
  readonly sha: string;
  readonly at: string;
  readonly approves: boolean;
}

/** What people say on a pull request, as far as it is meant for the driver, with what they may do. */
export class Conversation {
  readonly #client: GitHubClient;
  readonly #reads: ConditionalReads;
  readonly #permissions = new Map<string, Promise<Permission>>();

  constructor(client: GitHubClient, reads: ConditionalReads) {
    this.#client = client;
    this.#reads = reads;
  }

  async commands(number: number, signal: AbortSignal): Promise<readonly Command[]> {
    const { owner, repo } = this.#client;
    const url = `/repos/${owner}/${repo}/issues/${number}/comments?per_page=${PER_PAGE}`;
    const { value } = await this.#reads.all(url, commandsIn, signal);
    return this.#permitted(value.flat(), signal);
  }

  async approvals(number: number, signal: AbortSignal): Promise<readonly Command[]> {
    const { owner, repo } = this.#client;
    const url = `/repos/${owner}/${repo}/pulls/${number}/reviews?per_page=${PER_PAGE}`;
    const { value } = await this.#reads.all(url, reviewVerdict, signal);
    return this.#permitted(standing(value.flat()), signal);
  }

  async #permitted(given: readonly Given[], signal: AbortSignal): Promise<readonly Command[]> {
    return Promise.all(
      given.map(async (command) => ({ ...command, permission: await this.#permission(command.author, signal) })),
    );
  }

  #permission(author: string, signal: AbortSignal): Promise<Permission> {
    const asked = this.#permissions.get(author) ?? this.#ask(author, signal);
    this.#permissions.set(author, asked);
    return asked;
  }

  async #ask(author: string, signal: AbortSignal): Promise<Permission> {
    const { owner, repo } = this.#client;
    const url = `/repos/${owner}/${repo}/collaborators/${encodeURIComponent(author)}/permission`;
    try {
      return (await this.#reads.one(url, permissionIn, signal)).value;
    } catch (error) {
      // Who is no collaborator, or no user at all any more, may nothing.
      if (statusOf(error) === 404) return "none";
      throw error;
    }
  }
}

/** An edited comment holds no command: who edited it, and what it said when others saw it, is not told. */
function commandsIn({ user, body, created_at: at, updated_at: updatedAt }: Comment): readonly Given[] {
  if (!user || at !== updatedAt) return [];
  return parseCommands(body ?? "").map((command) => ({ ...command, author: user.login, at }));
}

function reviewVerdict({ user, state, commit_id: sha, submitted_at: at, body }: Review): readonly Verdict[] {
  if (!user || !sha || at === undefined) return [];
  // A command in it that names a commit speaks of no other one.
  const named = parseCommands(body).some((one) => one.kind === "approve" && sha.startsWith(one.sha ?? ""));
  const approves = state === "APPROVED" || named;
  return [{ author: user.login, state, sha, at, approves }];
}

/** The approvals that stand: a later request for changes takes an earlier one back, and so does its dismissal. */
function standing(reviews: readonly Verdict[]): readonly Given[] {
  const withdrawn = (review: Verdict, index: number) =>
    reviews.slice(index + 1).some(({ author, state }) => author === review.author && state === "CHANGES_REQUESTED");
  return reviews
    .filter((review, index) => review.approves && isStanding(review.state) && !withdrawn(review, index))
    .map(({ author, sha, at }) => ({ kind: "approve", author, sha, at }));
}

function isStanding(state: string): boolean {
  return state === "APPROVED" || state === "COMMENTED";
}

function permissionIn(data: unknown): Permission {
  const { permission, role_name: role, user } = data as PermissionAnswer;
  // A role of an organisation's own making is told by what it may do.
  const { admin, maintain, push, triage, pull } = user?.permissions ?? {};
  const flags = { admin, maintain, write: push, triage, read: pull } as const;
  const byFlag = (["admin", "maintain", "write", "triage", "read"] as const).find((name) => flags[name] === true);
  return byFlag ?? known(role) ?? known(permission) ?? "none";
}

function known(name: string): Permission | undefined {
  return permissions.find((permission) => permission === name);
}
