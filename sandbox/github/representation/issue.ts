import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import { fullName, type Comment, type Issue, type Label, type Repository } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";

export type RenderedLabel = Rest["issues"]["getLabel"]["response"]["data"];
type RenderedIssue = Rest["issues"]["get"]["response"]["data"];
type RenderedComment = Rest["issues"]["getComment"]["response"]["data"];

export function renderLabel(hub: Hub, repository: Repository, label: Label): RenderedLabel {
  return {
    id: label.id,
    node_id: nodeId("Label", label.id),
    url: `${hub.urls.repository(fullName(repository))}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

export function labelsOf(repository: Repository, issue: Issue): readonly Label[] {
  return issue.labelIds.flatMap((id) => repository.labels.filter((label) => label.id === id));
}

export function renderIssue(hub: Hub, repository: Repository, issue: Issue): RenderedIssue {
  const base = hub.urls.repository(fullName(repository));
  const url = `${base}/issues/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId("Issue", issue.id),
    url,
    repository_url: base,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: hub.urls.page(`${fullName(repository)}/${issue.pull ? "pull" : "issues"}/${issue.number}`),
    number: issue.number,
    title: issue.title,
    body: issue.body,
    user: renderUser(hub, issue.author),
    labels: labelsOf(repository, issue).map((label) => renderLabel(hub, repository, label)),
    state: issue.state,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: repository.comments.filter(({ issueNumber }) => issueNumber === issue.number).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy === null ? null : renderUser(hub, issue.closedBy),
    author_association: hub.association(issue.author, repository),
    active_lock_reason: null,
    ...(issue.pull && {
      draft: issue.pull.draft,
      pull_request: {
        url: `${base}/pulls/${issue.number}`,
        html_url: hub.urls.page(`${fullName(repository)}/pull/${issue.number}`),
        diff_url: hub.urls.page(`${fullName(repository)}/pull/${issue.number}.diff`),
        patch_url: hub.urls.page(`${fullName(repository)}/pull/${issue.number}.patch`),
        merged_at: issue.pull.mergedAt,
      },
    }),
  };
}

export function renderComment(hub: Hub, repository: Repository, comment: Comment): RenderedComment {
  const base = hub.urls.repository(fullName(repository));
  const kind = repository.issues.find(({ number }) => number === comment.issueNumber)?.pull ? "pull" : "issues";
  return {
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    url: `${base}/issues/comments/${comment.id}`,
    html_url: hub.urls.page(`${fullName(repository)}/${kind}/${comment.issueNumber}#issuecomment-${comment.id}`),
    issue_url: `${base}/issues/${comment.issueNumber}`,
    body: comment.body,
    user: renderUser(hub, comment.author),
    author_association: hub.association(comment.author, repository),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
  };
}
