import { existsSync } from "node:fs";
import { InstanceCgroups } from "./cgroups.ts";
import { hostPids } from "./host-pids.ts";
import { instanceFiles } from "./instance-files.ts";
import { namespaceFile } from "./network.ts";
import { readPlan } from "./start-instance.ts";
import { readState, type Milestone } from "./state.ts";

export interface ComponentStatus {
  readonly name: string;
  /** On this machine. Absent when it does not run. */
  readonly pid?: number;
  readonly state: "starting" | "ready" | "exited";
  readonly error?: string;
}

export interface InstanceStatus {
  readonly name: string;
  /** Everything of it runs and is ready. */
  readonly running: boolean;
  /** `absent`: nothing of it is there. `broken`: something is, but not all that must be. */
  readonly phase: "absent" | "starting" | "ready" | "broken";
  /** Number of processes, pods included. */
  readonly processes: number;
  readonly components: readonly ComponentStatus[];
  /** Milliseconds from the supervisor's start. */
  readonly reached: Readonly<Partial<Record<Milestone, number>>>;
  readonly addresses?: { readonly inside: string; readonly gateway: string; readonly subnet: string };
  readonly error?: string;
}

/** What is recorded of an instance, held against the processes that are there. */
export async function instanceStatus(name: string): Promise<InstanceStatus> {
  const files = instanceFiles(name);
  const cgroups = await InstanceCgroups.of(name);
  // In this order: what is recorded first and not there afterwards has ended.
  const [plan, state] = await Promise.all([readPlan(name), readState(files.state)]);
  const pids = await cgroups.pids();
  const alive = await hostPids(pids);
  const components = (state?.components ?? []).map(({ name, pid, state, error }): ComponentStatus => {
    const host = alive.get(pid);
    if (host === undefined || state === "exited")
      return { name, state: "exited", ...(error !== undefined && { error }) };
    return { name, pid: host, state };
  });
  // From its plan on, an instance that has processes is on its way.
  const recorded = state?.phase ?? (plan === undefined ? "failed" : "starting");
  const phase = (await isThere(name, cgroups)) ? phaseOf(recorded, pids.length > 0, components) : "absent";
  const error = state?.error ?? components.find((component) => component.error)?.error;
  return {
    name,
    running: phase === "ready",
    phase,
    processes: pids.length,
    components,
    reached: state?.reached ?? {},
    ...(plan && {
      addresses: {
        inside: plan.addresses.inside,
        gateway: plan.addresses.loadBalancers[0] ?? "",
        subnet: plan.addresses.subnet,
      },
    }),
    ...(error !== undefined && { error }),
  };
}

/** Anything of it, be it a leftover. */
async function isThere(name: string, cgroups: InstanceCgroups): Promise<boolean> {
  return [instanceFiles(name).root, namespaceFile(name)].some(existsSync) || (await cgroups.folders()).length > 0;
}

function phaseOf(
  recorded: "starting" | "ready" | "failed",
  processes: boolean,
  components: readonly ComponentStatus[],
): InstanceStatus["phase"] {
  if (!processes || recorded === "failed" || components.some(({ state }) => state === "exited")) return "broken";
  return recorded;
}
