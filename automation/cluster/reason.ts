import { condition, type Conditioned, type ContainerStatus, type Pod } from "./objects.ts";

export interface Evidence {
  readonly name: string;
  /** Its GitRepositories: the one of its commit, and during an update the one before. */
  readonly sources: readonly Conditioned[];
  readonly release: Conditioned | undefined;
  readonly pods: readonly Pod[];
}

// Every pod passes through these: they say nothing about a failure.
const ordinaryWaits = new Set(["ContainerCreating", "PodInitializing"]);

/** Why a preview is not Ready, the nearest cause first: its commit, its pods, its release. */
export function notReadyReason({ name, sources, release, pods }: Evidence): string | undefined {
  const commits = sources.map((source) => conditionReason("GitRepository", source.metadata?.name ?? name, source));
  const reasons = [...commits, ...new Set(pods.flatMap(podReasons))];
  const found = reasons.filter((reason) => reason !== undefined);
  const all = found.length > 0 ? found : [conditionReason("HelmRelease", name, release)];
  const text = all.filter((reason) => reason !== undefined).join("; ");
  return text === "" ? undefined : text;
}

function conditionReason(kind: string, name: string, object: Conditioned | undefined): string | undefined {
  if (!object) return undefined;
  const ready = condition(object, "Ready");
  if (!ready) return `${kind} "${name}": no controller has looked at it; is Flux running?`;
  if (ready.status === "True") return undefined;
  return `${kind} "${name}": ${[ready.reason, ready.message].filter(Boolean).join(": ")}`;
}

function podReasons(pod: Pod): string[] {
  const name = pod.metadata?.name ?? "";
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status === "False") return [`pod "${name}": ${scheduled.reason ?? ""}: ${scheduled.message ?? ""}`];
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return containers.flatMap((container) => {
    const reason = containerReason(container);
    return reason === undefined ? [] : [`pod "${name}", container "${container.name ?? ""}": ${reason}`];
  });
}

export interface FailedContainer {
  readonly pod: string;
  readonly container: string;
  /** What failed was a run before the present one. */
  readonly restarted: boolean;
}

/** The containers whose logs tell why a preview is not Ready. */
export function failedContainers(pods: readonly Pod[]): FailedContainer[] {
  return pods.flatMap((pod) => {
    const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    return containers.flatMap(({ name = "", restartCount = 0, state, ready }) => {
      const crashed = restartCount > 0 && ready !== true;
      const ended = state?.terminated !== undefined && state.terminated.exitCode !== 0;
      const unready = state?.running !== undefined && ready === false;
      if (!crashed && !ended && !unready) return [];
      return [{ pod: pod.metadata?.name ?? "", container: name, restarted: crashed && state?.running === undefined }];
    });
  });
}

function containerReason({ state, restartCount = 0 }: ContainerStatus): string | undefined {
  const waiting = state?.waiting;
  if (waiting?.reason !== undefined && !ordinaryWaits.has(waiting.reason)) {
    return [waiting.reason, waiting.message].filter(Boolean).join(": ");
  }
  const terminated = state?.terminated;
  if (terminated && terminated.exitCode !== 0) {
    return `${terminated.reason ?? "ended"} with exit code ${terminated.exitCode ?? "?"} after ${restartCount} restarts`;
  }
  return undefined;
}
