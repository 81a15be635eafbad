import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import {
  checkDescription,
  commitOf,
  created,
  ok,
  operation,
  page,
  permitted,
  repositoryOf,
  type Operations,
} from "../call.ts";
import { renderCombinedStatus, renderStatus } from "../representation/status.ts";

export const statuses: Operations = {
  "repos/create-commit-status": operation<Rest["repos"]["createCommitStatus"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = permitted(call, repository, "write");
    checkDescription("Status", input.description);
    const status = {
      id: hub.store.newId(),
      sha: await commitOf(hub, repository, input.sha),
      state: input.state,
      context: input.context ?? "default",
      description: input.description ?? null,
      targetUrl: input.target_url ?? null,
      creator: login,
      createdAt: hub.now(),
    };
    repository.statuses.push(status);
    return created(renderStatus(hub, repository, status));
  }),

  "repos/list-commit-statuses-for-ref": operation<Rest["repos"]["listCommitStatusesForRef"]>(async (call) => {
    const repository = repositoryOf(call);
    const sha = await commitOf(call.hub, repository, call.input.ref);
    const newestFirst = repository.statuses.filter((status) => status.sha === sha).toReversed();
    return page(call, newestFirst, (status) => renderStatus(call.hub, repository, status));
  }),

  "repos/get-combined-status-for-ref": operation<Rest["repos"]["getCombinedStatusForRef"]>(async (call) => {
    const repository = repositoryOf(call);
    return ok(renderCombinedStatus(call.hub, repository, await commitOf(call.hub, repository, call.input.ref)));
  }),
};
