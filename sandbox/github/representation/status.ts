import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import { fullName, type CommitStatus, type Repository, type StatusState } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";
import { renderMinimalRepository } from "./repository.ts";

type RenderedStatus = Rest["repos"]["listCommitStatusesForRef"]["response"]["data"][number];
type CombinedStatus = Rest["repos"]["getCombinedStatusForRef"]["response"]["data"];

export function renderStatus(hub: Hub, repository: Repository, status: CommitStatus): RenderedStatus {
  const creator = renderUser(hub, status.creator);
  return {
    url: `${hub.urls.repository(fullName(repository))}/statuses/${status.sha}`,
    avatar_url: creator.avatar_url,
    id: status.id,
    node_id: nodeId("StatusContext", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator,
  };
}

export function renderCombinedStatus(hub: Hub, repository: Repository, sha: string): CombinedStatus {
  const url = hub.urls.repository(fullName(repository));
  const latest = latestByContext(repository.statuses.filter((status) => status.sha === sha));
  return {
    state: combine(latest.map(({ state }) => state)),
    sha,
    total_count: latest.length,
    statuses: latest.map((status) => ({
      ...renderStatus(hub, repository, status),
      avatar_url: renderUser(hub, status.creator).avatar_url,
    })),
    repository: renderMinimalRepository(hub, repository),
    commit_url: `${url}/commits/${sha}`,
    url: `${url}/commits/${sha}/status`,
  };
}

function latestByContext(statuses: readonly CommitStatus[]): readonly CommitStatus[] {
  return [...new Map(statuses.map((status) => [status.context, status])).values()];
}

/** GitHub's rule: one failure fails it, all must succeed, anything else (nothing, too) is pending. */
export function combine(states: readonly StatusState[]): "failure" | "pending" | "success" {
  if (states.some((state) => state === "failure" || state === "error")) return "failure";
  return states.length > 0 && states.every((state) => state === "success") ? "success" : "pending";
}
