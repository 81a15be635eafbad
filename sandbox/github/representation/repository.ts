import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import { fullName, type Repository } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";

type FullRepository = Rest["repos"]["get"]["response"]["data"];
type RepositoryPart = NonNullable<FullRepository["parent"]>;

/** The part every repository answer has: what it is called and where its things are. */
export function renderMinimalRepository(hub: Hub, repository: Repository) {
  const name = fullName(repository);
  const url = hub.urls.repository(name);
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: name,
    private: repository.private ?? false,
    owner: renderUser(hub, repository.owner),
    html_url: hub.urls.page(name),
    description: null,
    // The fork of a deleted repository stands for itself.
    fork: repository.parentId !== undefined && hub.repositoryById(repository.parentId) !== undefined,
    url,
    forks_url: `${url}/forks`,
    keys_url: `${url}/keys{/key_id}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    teams_url: `${url}/teams`,
    hooks_url: `${url}/hooks`,
    issue_events_url: `${url}/issues/events{/number}`,
    events_url: `${url}/events`,
    assignees_url: `${url}/assignees{/user}`,
    branches_url: `${url}/branches{/branch}`,
    tags_url: `${url}/tags`,
    blobs_url: `${url}/git/blobs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    trees_url: `${url}/git/trees{/sha}`,
    statuses_url: `${url}/statuses/{sha}`,
    languages_url: `${url}/languages`,
    stargazers_url: `${url}/stargazers`,
    contributors_url: `${url}/contributors`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    commits_url: `${url}/commits{/sha}`,
    git_commits_url: `${url}/git/commits{/sha}`,
    comments_url: `${url}/comments{/number}`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    contents_url: `${url}/contents/{+path}`,
    compare_url: `${url}/compare/{base}...{head}`,
    merges_url: `${url}/merges`,
    archive_url: `${url}/{archive_format}{/ref}`,
    downloads_url: `${url}/downloads`,
    issues_url: `${url}/issues{/number}`,
    pulls_url: `${url}/pulls{/number}`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    labels_url: `${url}/labels{/name}`,
    releases_url: `${url}/releases{/id}`,
    deployments_url: `${url}/deployments`,
  };
}

export function renderRepository(hub: Hub, repository: Repository) {
  const open = repository.issues.filter(({ state }) => state === "open").length;
  const forks = hub.forksOf(repository).length;
  const clone = hub.urls.clone(fullName(repository));
  return {
    ...renderMinimalRepository(hub, repository),
    clone_url: clone,
    git_url: clone,
    ssh_url: clone,
    svn_url: hub.urls.page(fullName(repository)),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    topics: [],
    size: 0,
    default_branch: repository.defaultBranch,
    visibility: repository.private === true ? "private" : "public",
    archived: false,
    disabled: false,
    is_template: false,
    ...features,
    allow_forking: true,
    web_commit_signoff_required: false,
    forks,
    forks_count: forks,
    open_issues: open,
    open_issues_count: open,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
    pushed_at: repository.pushedAt,
  } satisfies RepositoryPart;
}

/** Apart, because GitHub still requires a field that it calls deprecated. */
const features = {
  has_issues: true,
  has_projects: false,
  has_wiki: false,
  has_pages: false,
  has_downloads: false,
  has_discussions: false,
};

/** @param login who asks: GitHub tells signed-in users what they may do */
export function renderFullRepository(hub: Hub, repository: Repository, login: string | undefined): FullRepository {
  const parent = repository.parentId === undefined ? undefined : hub.repositoryById(repository.parentId);
  const origin = parent && renderRepository(hub, parent);
  return {
    ...renderRepository(hub, repository),
    network_count: hub.forksOf(repository).length,
    subscribers_count: 0,
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: false,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
    ...(origin && { parent: origin, source: origin }),
    ...(login !== undefined && { permissions: renderPermissions(hub, repository, login) }),
  };
}

/** What somebody may do, by the names of git's verbs and the roles between them. */
export function renderPermissions(hub: Hub, repository: Repository, login: string) {
  return {
    admin: hub.may(login, "admin", repository),
    maintain: hub.may(login, "maintain", repository),
    push: hub.may(login, "write", repository),
    triage: hub.may(login, "triage", repository),
    pull: hub.may(login, "read", repository),
  };
}
