import { webAddress } from "../report/markdown.ts";
import type { PreviewStatus } from "./feedback.ts";

/** GitHub's states of a Deployment, as far as a preview goes through them. */
export type DeploymentState = "queued" | "in_progress" | "success" | "failure" | "inactive";

/** What the Deployments of one preview should say. */
export interface DesiredDeployment {
  /** Name of the preview, which is its GitHub environment. */
  readonly environment: string;
  readonly sha: string;
  readonly state: DeploymentState;
  /** Address of the environment, once it answers. */
  readonly url?: string;
  /** Where nothing is remembered: whether GitHub is asked what there is, or there will be nothing. */
  readonly look: boolean;
}

/** A Deployment that GitHub has, with its latest state. */
export interface KnownDeployment {
  readonly id: number;
  readonly sha: string;
  /** Undefined: it has none, or one that is not ours. */
  readonly state?: DeploymentState | undefined;
  readonly url?: string | undefined;
}

/** One write: a state for a Deployment, which may have to be made first. */
export interface DeploymentStep {
  readonly deployment: number | "new";
  readonly sha: string;
  readonly state: DeploymentState;
  readonly url?: string;
}

/** What the Deployments of a preview should say; undefined: nothing has changed for them. */
export function deploymentOf(preview: PreviewStatus): DesiredDeployment | undefined {
  const { name: environment, phase, sha } = preview;
  const url = preview.url === undefined ? undefined : webAddress(preview.url);
  switch (phase) {
    case "refused":
    case "waiting":
      // It may have been queued before somebody took the label away.
      return { environment, sha, state: "inactive", look: false };
    case "held":
      return undefined;
    case "queued":
      return { environment, sha, state: "queued", look: true };
    case "deploying":
      return { environment, sha, state: "in_progress", look: true };
    case "ready":
      return { environment, sha, state: "success", look: true, ...(url === undefined ? {} : { url }) };
    case "failed":
      return { environment, sha, state: "failure", look: true };
    case "ended":
    case "gone":
      return { environment, sha, state: "inactive", look: true };
  }
}

/**
 * The writes that lead there, in order. GitHub itself ends earlier Deployments of lasting environments only, so those of a
 * preview are ended here: once a later commit has taken their place, and when the preview goes.
 */
export function deploymentSteps(
  known: readonly KnownDeployment[],
  { sha, state, url }: Pick<DesiredDeployment, "sha" | "state" | "url">,
): readonly DeploymentStep[] {
  const active = known.filter((one) => one.state !== "inactive");
  const ending = (one: KnownDeployment): DeploymentStep => ({ deployment: one.id, sha: one.sha, state: "inactive" });
  if (state === "inactive") return active.map(ending);
  const current = active.findLast((one) => one.sha === sha);
  const step = { sha, state, ...(url === undefined ? {} : { url }) };
  const told = current?.state === state && (url === undefined || current.url === url);
  const first = told ? [] : [{ deployment: current?.id ?? ("new" as const), ...step }];
  // A failure says of its commit what is true for ever.
  const earlier = active.filter((one) => one !== current && one.state !== "failure");
  return state === "success" ? [...first, ...earlier.map(ending)] : first;
}
