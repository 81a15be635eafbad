import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import type { Account } from "../model.ts";

export type SimpleUser = Rest["issues"]["listAssignees"]["response"]["data"][number];

export function renderUser(hub: Hub, login: string): SimpleUser {
  const { id, login: name, type = "User" } = hub.account(login);
  const url = `${hub.urls.api}/users/${encodeURIComponent(name)}`;
  return {
    login: name,
    id,
    node_id: nodeId(type, id),
    avatar_url: hub.urls.page(`avatars/u/${id}`),
    gravatar_id: "",
    url,
    html_url: hub.urls.page(type === "Bot" ? `apps/${name.replace(/\[bot\]$/, "")}` : name),
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

export function renderPublicUser(hub: Hub, account: Account): Rest["users"]["getByUsername"]["response"]["data"] {
  const repositories = hub.store.state.repositories.filter(({ owner }) => owner === account.login).length;
  return {
    ...renderUser(hub, account.login),
    name: account.login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: repositories,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
    user_view_type: "public",
  };
}

/** An opaque name, different for every object of every kind. */
export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString("base64url");
}
