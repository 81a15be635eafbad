import type { RestEndpointMethodTypes } from "@octokit/rest";
import {
  deploymentSteps,
  type DeploymentState,
  type DeploymentStep,
  type DesiredDeployment,
  type KnownDeployment,
} from "../feedback/deployment.ts";
import { isGone, isUnanswered } from "./feedback-trouble.ts";
import type { GitHubClient } from "./octokit-client.ts";

type StatusAnswer = RestEndpointMethodTypes["repos"]["listDeploymentStatuses"]["response"]["data"][number];

/** Keeps the Deployments of previews. */
export interface Deployments {
  /** Whether nothing is left to be written, as far as is known. */
  isThere(desired: DesiredDeployment, known: readonly KnownDeployment[] | undefined): boolean;
  /** Makes the writes that lead there. What is known afterwards is given step by step, as a later one may fail. */
  write(desired: DesiredDeployment, known: readonly KnownDeployment[] | undefined, run: WriteRun): Promise<void>;
}

export interface WriteRun {
  readonly signal: AbortSignal;
  readonly remember: (known: readonly KnownDeployment[]) => void;
}

/** Deployments of earlier commits that are looked at where nothing is remembered. */
const MOST_READ = 10;

const states = ["queued", "in_progress", "success", "failure", "inactive"] as const satisfies DeploymentState[];

export function deployments(
  { octokit, owner, repo }: Pick<GitHubClient, "octokit" | "owner" | "repo">,
  { project, runUrl }: { readonly project: string; readonly runUrl: string | undefined },
): Deployments {
  const where = { owner, repo };
  // Another driver on this repository, with a project of its own, may have previews of the same name.
  const task = `preview:${project}`;

  async function write(desired: DesiredDeployment, remembered: readonly KnownDeployment[] | undefined, run: WriteRun) {
    if (isThere(desired, remembered)) return;
    const known = remembered ?? (await read(desired.environment, run.signal));
    try {
      await follow(known, desired, run);
    } catch (error) {
      // Somebody deleted one that was remembered.
      if (remembered === undefined || !isGone(error)) throw error;
      await follow(await read(desired.environment, run.signal), desired, run);
    }
  }

  async function follow(known: readonly KnownDeployment[], desired: DesiredDeployment, run: WriteRun): Promise<void> {
    const now = [...known];
    for (const step of deploymentSteps(known, desired)) {
      const id = step.deployment === "new" ? await createOnce(desired, run.signal) : step.deployment;
      // It is there from now on, whether or not its state can be written.
      if (step.deployment === "new") run.remember([...now, { id, sha: step.sha }]);
      await setState(id, step, run.signal);
      const index = now.findIndex((one) => one.id === id);
      const { sha, state, url } = step;
      now.splice(index < 0 ? now.length : index, 1, { id, sha, state, ...(url === undefined ? {} : { url }) });
      run.remember(now.filter((one) => one.state !== "inactive"));
    }
    run.remember(now.filter((one) => one.state !== "inactive"));
  }

  /** Where no answer came it may be there all the same: so it is looked for before another attempt. */
  async function createOnce(desired: DesiredDeployment, signal: AbortSignal): Promise<number> {
    try {
      return await create(desired, signal);
    } catch (error) {
      if (signal.aborted || !isUnanswered(error)) throw error;
      const known = await read(desired.environment, signal);
      const made = known.find(({ sha, state }) => sha === desired.sha && state === undefined);
      return made?.id ?? create(desired, signal);
    }
  }

  async function create({ environment, sha }: DesiredDeployment, signal: AbortSignal): Promise<number> {
    const { data } = await octokit.rest.repos.createDeployment({
      ...where,
      ref: sha,
      task,
      environment,
      description: `Preview ${environment}`,
      // By default GitHub merges the base branch first, and waits for every status: also for ours, which waits for this.
      auto_merge: false,
      required_contexts: [],
      transient_environment: true,
      production_environment: false,
      request: { signal, retries: 0 },
    });
    if ("id" in data) return data.id;
    throw new Error(`GitHub made no deployment of "${environment}": ${data.message ?? "it did not say why"}`);
  }

  async function setState(id: number, { state, url }: DeploymentStep, signal: AbortSignal): Promise<void> {
    await octokit.rest.repos.createDeploymentStatus({
      ...where,
      deployment_id: id,
      state,
      auto_inactive: false,
      ...(url === undefined ? {} : { environment_url: url }),
      ...(runUrl === undefined ? {} : { log_url: runUrl }),
      request: { signal },
    });
  }

  /** Those that are not inactive, oldest first. Before an inactive one there are none. */
  async function read(environment: string, signal: AbortSignal): Promise<readonly KnownDeployment[]> {
    const list = { ...where, environment, task, per_page: MOST_READ, request: { signal } };
    const { data: newestFirst } = await octokit.rest.repos.listDeployments(list);
    const known: KnownDeployment[] = [];
    for (const { id, sha } of newestFirst) {
      const one = { ...where, deployment_id: id, per_page: 1, request: { signal } };
      const { data } = await octokit.rest.repos.listDeploymentStatuses(one);
      const { state, url } = latest(data[0]);
      if (state === "inactive") break;
      known.unshift({ id, sha, ...(state === undefined ? {} : { state }), ...(url === undefined ? {} : { url }) });
    }
    return known;
  }

  return { isThere, write };
}

function isThere(desired: DesiredDeployment, known: readonly KnownDeployment[] | undefined): boolean {
  if (known === undefined) return !desired.look;
  return deploymentSteps(known, desired).length === 0;
}

function latest(answer: StatusAnswer | undefined): Pick<KnownDeployment, "state" | "url"> {
  const state = states.find((one) => one === answer?.state);
  return { state, url: answer?.environment_url === "" ? undefined : answer?.environment_url };
}
