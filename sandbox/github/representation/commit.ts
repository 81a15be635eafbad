import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { ChangedFile, Commit } from "../git-repository.ts";
import type { Hub } from "../hub.ts";
import { fullName, type Repository } from "../model.ts";
import { nodeId } from "./account.ts";

export type RenderedCommit = Rest["repos"]["listCommits"]["response"]["data"][number];
export type RenderedFile = Rest["pulls"]["listFiles"]["response"]["data"][number];

export function renderCommit(hub: Hub, repository: Repository, commit: Commit): RenderedCommit {
  const name = fullName(repository);
  const url = hub.urls.repository(name);
  return {
    sha: commit.sha,
    node_id: nodeId("Commit", `${repository.id}:${commit.sha}`),
    url: `${url}/commits/${commit.sha}`,
    html_url: hub.urls.page(`${name}/commit/${commit.sha}`),
    comments_url: `${url}/commits/${commit.sha}/comments`,
    commit: {
      url: `${url}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      verification: { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null },
    },
    // Mail addresses belong to no account here.
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: hub.urls.page(`${name}/commit/${sha}`),
    })),
  };
}

/** @param sha the commit the files are shown at */
export function renderFile(hub: Hub, repository: Repository, sha: string, file: ChangedFile): RenderedFile {
  const name = fullName(repository);
  const path = file.filename.split("/").map(encodeURIComponent).join("/");
  return {
    sha: file.sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: hub.urls.page(`${name}/blob/${sha}/${path}`),
    raw_url: hub.urls.page(`${name}/raw/${sha}/${path}`),
    contents_url: `${hub.urls.repository(name)}/contents/${path}?ref=${sha}`,
    ...(file.previousFilename !== undefined && { previous_filename: file.previousFilename }),
  };
}
