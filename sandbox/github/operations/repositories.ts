import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { ApiError, forbidden, notFound, refused } from "../api-error.ts";
import {
  commitOf,
  noContent,
  ok,
  operation,
  page,
  permitted,
  repositoryOf,
  signedIn,
  type Operations,
} from "../call.ts";
import { same, type Hub } from "../hub.ts";
import { fullName, type Repository } from "../model.ts";
import { renderUser } from "../representation/account.ts";
import { renderCommit, renderFile } from "../representation/commit.ts";
import { renderFullRepository, renderMinimalRepository, renderPermissions } from "../representation/repository.ts";

export const repositories: Operations = {
  "repos/get": operation<Rest["repos"]["get"]>((call) =>
    ok(renderFullRepository(call.hub, repositoryOf(call), call.user?.login)),
  ),

  "repos/update": operation<Rest["repos"]["update"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = permitted(call, repository, "admin");
    const other = Object.keys(input).find((field) => !["owner", "repo", "name", "private"].includes(field));
    if (other !== undefined) {
      throw refused("Repository", "Only the name and who may read it can be changed on this host.", other);
    }
    if (input.private !== undefined) repository.private = input.private;
    if (input.name !== undefined) rename(hub, repository, input.name);
    return ok(renderFullRepository(hub, repository, login));
  }),

  "repos/delete": operation<Rest["repos"]["delete"]>(async (call) => {
    const repository = repositoryOf(call);
    permitted(call, repository, "admin");
    await call.hub.deleteRepository(repository);
    return noContent();
  }),

  "repos/create-fork": operation<Rest["repos"]["createFork"]>(async (call) => {
    const { hub, input } = call;
    const parent = repositoryOf(call);
    const { login } = signedIn(call);
    if (input.organization !== undefined)
      throw refused("Fork", "Organizations are not part of this host.", "organization");
    const name = input.name ?? parent.name;
    const existing = hub.repository(login, name);
    if (existing && existing.parentId !== parent.id) throw forbidden(`"${login}/${name}" exists and is no fork.`);
    const fork = existing ?? (await hub.addRepository(login, name, 1, parent));
    return { status: 202, body: renderFullRepository(hub, fork, login) };
  }),

  "repos/list-forks": operation<Rest["repos"]["listForks"]>((call) =>
    page(call, call.hub.forksOf(repositoryOf(call)), (fork) => renderMinimalRepository(call.hub, fork)),
  ),

  "repos/list-branches": operation<Rest["repos"]["listBranches"]>(async (call) => {
    const repository = repositoryOf(call);
    const refs = await call.hub.git(repository).refs("refs/heads/");
    const url = call.hub.urls.repository(fullName(repository));
    return page(call, [...refs], ([ref, sha]) => ({
      name: ref.replace("refs/heads/", ""),
      commit: { sha, url: `${url}/commits/${sha}` },
      protected: false,
    }));
  }),

  "repos/get-branch": operation<Rest["repos"]["getBranch"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const sha = hub.branch(repository, input.branch);
    const commit = sha && (await hub.git(repository).commit(sha));
    if (!commit) throw new ApiError(404, "Branch not found");
    const name = fullName(repository);
    const url = `${hub.urls.repository(name)}/branches/${encodeURIComponent(input.branch)}`;
    return ok({
      name: input.branch,
      commit: renderCommit(hub, repository, commit),
      _links: { self: url, html: hub.urls.page(`${name}/tree/${input.branch}`) },
      protected: false,
      protection: { enabled: false },
      protection_url: `${url}/protection`,
    });
  }),

  "repos/list-tags": operation<Rest["repos"]["listTags"]>(async (call) => {
    const { hub } = call;
    const repository = repositoryOf(call);
    const tags = [...(await hub.git(repository).refs("refs/tags/")).keys()].map((ref) => ref.replace("refs/tags/", ""));
    const url = hub.urls.repository(fullName(repository));
    return page(call, tags, async (name) => {
      const sha = await commitOf(hub, repository, `refs/tags/${name}`);
      return {
        name,
        commit: { sha, url: `${url}/commits/${sha}` },
        zipball_url: `${url}/zipball/refs/tags/${name}`,
        tarball_url: `${url}/tarball/refs/tags/${name}`,
        node_id: Buffer.from(`Ref:${repository.id}:${name}`).toString("base64url"),
      };
    });
  }),

  "repos/list-commits": operation<Rest["repos"]["listCommits"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const sha = await hub.git(repository).resolve(input.sha ?? repository.defaultBranch);
    if (sha === undefined) throw input.sha === undefined ? new ApiError(409, "Git Repository is empty.") : notFound();
    const commits = await hub.git(repository).commits([sha, ...(input.path === undefined ? [] : ["--", input.path])]);
    return page(call, commits, (commit) => renderCommit(hub, repository, commit));
  }),

  "repos/get-commit": operation<Rest["repos"]["getCommit"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const git = hub.git(repository);
    const commit = await git.commit(await commitOf(hub, repository, input.ref));
    if (!commit) throw notFound();
    const files = await git.changedFiles(commit.parents[0] ?? emptyTree, commit.sha);
    const additions = files.reduce((total, file) => total + file.additions, 0);
    const deletions = files.reduce((total, file) => total + file.deletions, 0);
    return ok({
      ...renderCommit(hub, repository, commit),
      stats: { additions, deletions, total: additions + deletions },
      files: files.map((file) => renderFile(hub, repository, commit.sha, file)),
    });
  }),

  "repos/check-collaborator": operation<Rest["repos"]["checkCollaborator"]>((call) => {
    const repository = repositoryOf(call);
    permitted(call, repository, "write");
    if (!call.hub.may(call.input.username, "triage", repository)) throw notFound();
    return { status: 204, body: undefined as never };
  }),

  "repos/get-collaborator-permission-level": operation<Rest["repos"]["getCollaboratorPermissionLevel"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    permitted(call, repository, "write");
    const account = hub.findAccount(input.username);
    if (!account || account.type === "Bot") throw new ApiError(404, `${input.username} is not a user`);
    const permission = hub.permission(account.login, repository);
    return ok({
      permission: coarse[permission],
      role_name: permission,
      user: {
        ...renderUser(hub, account.login),
        email: null,
        name: null,
        role_name: permission,
        permissions: renderPermissions(hub, repository, account.login),
      },
    });
  }),
};

/** The old name leads to the repository from now on, as long as no other one takes it. */
function rename(hub: Hub, repository: Repository, wanted: string): void {
  // GitHub makes a name of whatever it is given.
  const name = wanted.replace(/[^\w.-]+/g, "-");
  if (name.length > longestName || /^\.*$/.test(name)) throw refused("Repository", "name is invalid", "name");
  const other = hub.repository(repository.owner, name);
  if (other && other !== repository) throw refused("Repository", "name already exists on this account", "name");
  const former = [...repository.formerNames.filter((known) => known !== repository.name), repository.name];
  repository.name = name;
  repository.formerNames = former.filter((known) => !same(known, name));
}

const longestName = 100;

/** The tree every first commit is compared with; its hash is a constant of git. */
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** GitHub names the five roles by the four old ones here. */
const coarse = {
  none: "none",
  read: "read",
  triage: "read",
  write: "write",
  maintain: "write",
  admin: "admin",
} as const;
