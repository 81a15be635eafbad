import { noCommit } from "../activity.ts";
import type { Commit } from "../git-repository.ts";
import type { Hub } from "../hub.ts";
import { fullName, isPullRequest, type Activity, type Repository } from "../model.ts";
import { nodeId, renderUser } from "../representation/account.ts";
import { renderCommit } from "../representation/commit.ts";
import { renderComment, renderIssue, renderLabel } from "../representation/issue.ts";
import { renderPullRequest } from "../representation/pull-request.ts";
import { renderRepository } from "../representation/repository.ts";
import { renderWebhook } from "../representation/webhook.ts";
import type { Happening } from "./happenings.ts";

/** What is posted for a happening; undefined: what it is about is gone by now. */
export async function payloadOf(
  hub: Hub,
  repository: Repository,
  happening: Happening,
  by: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const common = { repository: renderRepository(hub, repository), sender: renderUser(hub, by) };
  switch (happening.event) {
    case "ping": {
      const webhook = repository.webhooks.find(({ id }) => id === happening.webhook);
      if (!webhook) return undefined;
      const hook = { ...renderWebhook(hub, repository, webhook), name: "web" };
      return { zen: "Anything added dilutes everything else.", hook_id: webhook.id, hook, ...common };
    }
    case "push": {
      const activity = repository.activities.find(({ id }) => id === happening.activity);
      return activity && { ...(await pushOf(hub, repository, activity)), ...common };
    }
    case "status": {
      const status = repository.statuses.find(({ id }) => id === happening.status);
      const commit = status && (await hub.git(repository).commit(status.sha));
      if (!status || !commit) return undefined;
      const { id, sha, context, description, state, targetUrl, createdAt } = status;
      const times = { created_at: createdAt, updated_at: createdAt };
      const rest = { commit: renderCommit(hub, repository, commit), branches: [], name: fullName(repository) };
      return { id, sha, state, context, description, target_url: targetUrl, ...times, ...rest, ...common };
    }
    case "issue_comment": {
      const comment = repository.comments.find(({ id }) => id === happening.comment);
      const issue = repository.issues.find(({ number }) => number === comment?.issueNumber);
      if (!comment || !issue) return undefined;
      const about = { issue: renderIssue(hub, repository, issue), comment: renderComment(hub, repository, comment) };
      return {
        action: happening.action,
        issue: { ...about.issue, reactions: noReactions(about.issue.url) },
        comment: { ...about.comment, reactions: noReactions(about.comment.url), performed_via_github_app: null },
        ...common,
      };
    }
    case "pull_request":
      return pullRequestOf(hub, repository, happening, common);
  }
}

/** There are none here; payloads must say so. */
function noReactions(url: string) {
  const none = { "+1": 0, "-1": 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return { url: `${url}/reactions`, total_count: 0, ...none };
}

type OfPullRequest = Extract<Happening, { readonly event: "pull_request" }>;

async function pullRequestOf(hub: Hub, repository: Repository, happening: OfPullRequest, common: object) {
  const { action, number } = happening;
  const issue = repository.issues.find((candidate) => candidate.number === number);
  if (!issue || !isPullRequest(issue)) return undefined;
  const payload = { action, number, pull_request: await renderPullRequest(hub, repository, issue), ...common };
  switch (action) {
    case "labeled":
    case "unlabeled": {
      const label = repository.labels.find(({ id }) => id === happening.label);
      return label && { ...payload, label: renderLabel(hub, repository, label) };
    }
    case "synchronize":
      return { ...payload, before: happening.before, after: issue.pull.head.sha };
    case "edited": {
      const { title, body, base } = happening.was ?? {};
      const changes = {
        ...(title !== undefined && { title: { from: title } }),
        ...(body !== undefined && { body: { from: body ?? "" } }),
        ...(base !== undefined && { base: { ref: { from: base }, sha: { from: issue.pull.base.sha } } }),
      };
      return { ...payload, changes };
    }
    case "opened":
    case "reopened":
    case "closed":
      return payload;
  }
}

async function pushOf(hub: Hub, repository: Repository, { ref, before, after, type, actor }: Activity) {
  const git = hub.git(repository);
  const deleted = after === noCommit;
  const created = before === noCommit;
  // A new branch has no commit that is new for certain.
  const commits = deleted || created ? [] : await git.commits(["--reverse", `${before}..${after}`], 20);
  const head = deleted ? undefined : await git.commit(after);
  const name = fullName(repository);
  return {
    ref,
    before,
    after,
    created,
    deleted,
    forced: type === "force_push",
    base_ref: null,
    compare: hub.urls.page(`${name}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`),
    commits: commits.map((commit) => pushedCommit(hub, repository, commit)),
    head_commit: head ? pushedCommit(hub, repository, head) : null,
    pusher: { name: actor, email: `${actor}@users.noreply.github.com`, node_id: nodeId("User", actor) },
  };
}

function pushedCommit(hub: Hub, repository: Repository, { sha, tree, message, author, committer }: Commit) {
  return {
    id: sha,
    tree_id: tree,
    distinct: true,
    message,
    timestamp: committer.date,
    url: hub.urls.page(`${fullName(repository)}/commit/${sha}`),
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
    added: [],
    removed: [],
    modified: [],
  };
}
