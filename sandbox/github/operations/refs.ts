import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { ApiError, notFound } from "../api-error.ts";
import { created, noContent, ok, operation, permitted, repositoryOf, type Operations } from "../call.ts";
import { followRefs } from "../follow-refs.ts";
import type { Hub } from "../hub.ts";
import { fullName, type Repository } from "../model.ts";
import { nodeId } from "../representation/account.ts";

export const refs: Operations = {
  "git/get-ref": operation<Rest["git"]["getRef"]>(async (call) => {
    const repository = repositoryOf(call);
    const name = `refs/${call.input.ref}`;
    const sha = (await call.hub.git(repository).refs(name)).get(name);
    if (sha === undefined) throw notFound();
    return ok(renderRef(call.hub, repository, name, sha));
  }),

  "git/list-matching-refs": operation<Rest["git"]["listMatchingRefs"]>(async (call) => {
    const repository = repositoryOf(call);
    const all = await call.hub.git(repository).refs();
    const matching = [...all].filter(([name]) => name.startsWith(`refs/${call.input.ref}`));
    return ok(matching.map(([name, sha]) => renderRef(call.hub, repository, name, sha)));
  }),

  "git/create-ref": operation<Rest["git"]["createRef"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = permitted(call, repository, "write");
    const git = hub.git(repository);
    if (!isOwnRef(input.ref) || !(await git.isValidRef(input.ref))) {
      throw new ApiError(422, `${input.ref} is not a valid ref name.`);
    }
    if ((await git.refs(input.ref)).has(input.ref)) throw new ApiError(422, "Reference already exists");
    if ((await git.commit(input.sha).catch(() => undefined)) === undefined)
      throw new ApiError(422, "Object does not exist");
    await git.updateRef(input.ref, input.sha, "0".repeat(40));
    await refsChanged(hub, repository, login);
    return created(renderRef(hub, repository, input.ref, input.sha));
  }),

  "git/update-ref": operation<Rest["git"]["updateRef"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = permitted(call, repository, "write");
    const git = hub.git(repository);
    const name = `refs/${input.ref}`;
    const current = (await git.refs(name)).get(name);
    if (current === undefined || !isOwnRef(name)) throw new ApiError(422, "Reference does not exist");
    if ((await git.commit(input.sha).catch(() => undefined)) === undefined)
      throw new ApiError(422, "Object does not exist");
    if (input.force !== true && !(await git.isAncestor(current, input.sha))) {
      throw new ApiError(422, "Update is not a fast forward");
    }
    await git.updateRef(name, input.sha, current);
    await refsChanged(hub, repository, login);
    return ok(renderRef(hub, repository, name, input.sha));
  }),

  "git/delete-ref": operation<Rest["git"]["deleteRef"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = permitted(call, repository, "write");
    const name = `refs/${input.ref}`;
    if (!isOwnRef(name) || !(await hub.git(repository).refs(name)).has(name)) {
      throw new ApiError(422, "Reference does not exist");
    }
    await hub.git(repository).deleteRef(name);
    await refsChanged(hub, repository, login);
    return noContent();
  }),
};

async function refsChanged(hub: Hub, repository: Repository, by: string): Promise<void> {
  repository.pushedAt = hub.now();
  await followRefs(hub, repository, by);
}

/** Branches, tags and the like; `refs/pull` is the host's own. */
function isOwnRef(name: string): boolean {
  return /^refs\/[^/]+\/./.test(name) && !name.startsWith("refs/pull/");
}

function renderRef(hub: Hub, repository: Repository, ref: string, sha: string) {
  const url = hub.urls.repository(fullName(repository));
  return {
    ref,
    node_id: nodeId("Ref", `${repository.id}:${ref}`),
    url: `${url}/git/${ref}`,
    object: { type: "commit", sha, url: `${url}/git/commits/${sha}` },
  };
}
