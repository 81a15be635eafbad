import type { RestEndpointMethodTypes as Rest } from "@octokit/rest";
import type { Hub } from "../hub.ts";
import { fullName, type Deployment, type DeploymentStatus, type Repository } from "../model.ts";
import { nodeId, renderUser } from "./account.ts";

type RenderedDeployment = Rest["repos"]["getDeployment"]["response"]["data"];
type RenderedDeploymentStatus = Rest["repos"]["getDeploymentStatus"]["response"]["data"];

export function renderDeployment(hub: Hub, repository: Repository, deployment: Deployment): RenderedDeployment {
  const base = hub.urls.repository(fullName(repository));
  const url = `${base}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId("Deployment", deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: renderUser(hub, deployment.creator),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: base,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

export function renderDeploymentStatus(
  hub: Hub,
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
): RenderedDeploymentStatus {
  const base = hub.urls.repository(fullName(repository));
  const url = `${base}/deployments/${deployment.id}`;
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId("DeploymentStatus", status.id),
    state: status.state,
    creator: renderUser(hub, status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.targetUrl,
    environment_url: status.environmentUrl,
    log_url: status.targetUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: base,
  };
}
