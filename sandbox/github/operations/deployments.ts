import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import { ApiError, notFound } from "../api-error.ts";
import {
  checkDescription,
  commitOf,
  created,
  noContent,
  ok,
  operation,
  page,
  permitted,
  repositoryOf,
  type Call,
  type Operations,
} from "../call.ts";
import type { Deployment, DeploymentStatus, Repository } from "../model.ts";
import { renderDeployment, renderDeploymentStatus } from "../representation/deployment.ts";
import { renderCombinedStatus } from "../representation/status.ts";

export const deployments: Operations = {
  "repos/list-deployments": operation<Rest["repos"]["listDeployments"]>((call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const newestFirst = repository.deployments
      .filter(
        (deployment) =>
          (input.sha === undefined || input.sha === "none" || deployment.sha === input.sha) &&
          (input.ref === undefined || input.ref === "none" || deployment.ref === input.ref) &&
          (input.task === undefined || input.task === "none" || deployment.task === input.task) &&
          (input.environment == null || input.environment === "none" || deployment.environment === input.environment),
      )
      .toReversed();
    return page(call, newestFirst, (deployment) => renderDeployment(hub, repository, deployment));
  }),

  "repos/create-deployment": operation<Rest["repos"]["createDeployment"]>(async (call) => {
    const { hub, input } = call;
    const repository = repositoryOf(call);
    const { login } = permitted(call, repository, "write");
    const sha = await commitOf(hub, repository, input.ref);
    const required = input.required_contexts;
    if (required === undefined || required.length > 0) {
      const combined = renderCombinedStatus(hub, repository, sha);
      const relevant = combined.statuses.filter(({ context }) => required?.includes(context) ?? true);
      const unmet = relevant.filter(({ state }) => state !== "success");
      if (unmet.length > 0 || relevant.length < (required?.length ?? 0)) {
        throw new ApiError(409, `Conflict: Commit status checks failed for ${input.ref}.`);
      }
    }
    const environment = input.environment ?? "production";
    const now = hub.now();
    const deployment: Deployment = {
      id: hub.store.newId(),
      sha,
      ref: input.ref,
      task: input.task ?? "deploy",
      environment,
      description: input.description ?? null,
      payload: input.payload ?? {},
      transient: input.transient_environment ?? false,
      production: input.production_environment ?? environment === "production",
      creator: login,
      createdAt: now,
      updatedAt: now,
      statuses: [],
    };
    repository.deployments.push(deployment);
    return created(renderDeployment(hub, repository, deployment));
  }),

  "repos/get-deployment": operation<Rest["repos"]["getDeployment"]>((call) => {
    const { repository, deployment } = deploymentOf(call);
    return ok(renderDeployment(call.hub, repository, deployment));
  }),

  "repos/delete-deployment": operation<Rest["repos"]["deleteDeployment"]>((call) => {
    const { repository, deployment } = deploymentOf(call);
    permitted(call, repository, "write");
    const active = deployment.statuses.at(-1)?.state === "success";
    if (active && repository.deployments.length > 1) {
      throw new ApiError(
        422,
        "We cannot delete an active deployment unless it is the only deployment in a given environment.",
      );
    }
    repository.deployments.splice(repository.deployments.indexOf(deployment), 1);
    return noContent();
  }),

  "repos/list-deployment-statuses": operation<Rest["repos"]["listDeploymentStatuses"]>((call) => {
    const { repository, deployment } = deploymentOf(call);
    return page(call, deployment.statuses.toReversed(), (status) =>
      renderDeploymentStatus(call.hub, repository, deployment, status),
    );
  }),

  "repos/get-deployment-status": operation<Rest["repos"]["getDeploymentStatus"]>((call) => {
    const { repository, deployment } = deploymentOf(call);
    const status = deployment.statuses.find(({ id }) => id === call.input.status_id);
    if (!status) throw notFound();
    return ok(renderDeploymentStatus(call.hub, repository, deployment, status));
  }),

  "repos/create-deployment-status": operation<Rest["repos"]["createDeploymentStatus"]>((call) => {
    const { hub, input } = call;
    const { repository, deployment } = deploymentOf(call);
    const { login } = permitted(call, repository, "write");
    checkDescription("DeploymentStatus", input.description);
    const status = newStatus(call, deployment, login);
    if (input.state === "success" && input.auto_inactive !== false && !deployment.transient && !deployment.production) {
      inactivateOthers(call, repository, deployment, login);
    }
    deployment.statuses.push(status);
    deployment.updatedAt = hub.now();
    return created(renderDeploymentStatus(hub, repository, deployment, status));
  }),
};

type StatusInput = Rest["repos"]["createDeploymentStatus"]["parameters"];

function newStatus({ hub, input }: Call<StatusInput>, deployment: Deployment, login: string): DeploymentStatus {
  return {
    id: hub.store.newId(),
    state: input.state,
    description: input.description ?? "",
    targetUrl: input.log_url ?? input.target_url ?? "",
    environmentUrl: input.environment_url ?? "",
    environment: input.environment ?? deployment.environment,
    creator: login,
    createdAt: hub.now(),
  };
}

/** `auto_inactive`: a success ends the older, non-transient, non-production deployments of the same environment. */
function inactivateOthers({ hub }: Call<object>, repository: Repository, deployment: Deployment, login: string): void {
  for (const other of repository.deployments) {
    const applies =
      other.id < deployment.id && other.environment === deployment.environment && !other.transient && !other.production;
    if (!applies || other.statuses.at(-1)?.state === "inactive") continue;
    const { id, environment } = { id: hub.store.newId(), environment: other.environment };
    const text = { description: "", targetUrl: "", environmentUrl: "" };
    other.statuses.push({ id, state: "inactive", ...text, environment, creator: login, createdAt: hub.now() });
  }
}

function deploymentOf(call: Call<{ readonly owner: string; readonly repo: string; readonly deployment_id: number }>): {
  readonly repository: Repository;
  readonly deployment: Deployment;
} {
  const repository = repositoryOf(call);
  const deployment = repository.deployments.find(({ id }) => id === call.input.deployment_id);
  if (!deployment) throw notFound();
  return { repository, deployment };
}
