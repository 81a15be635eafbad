/** Where the demo can run. `existing` is never chosen by itself: it is somebody's cluster. */
export const demoClusters = ["sandbox", "kind", "existing"] as const;
export type DemoCluster = (typeof demoClusters)[number];

/** What of this machine decides. */
export interface Machine {
  readonly kind: boolean;
  readonly docker: "running" | "not running" | "missing";
}

export interface ClusterChoice {
  readonly cluster: DemoCluster;
  /** One line that says why. */
  readonly reason: string;
}

/** kind where it can run, else the sandbox; what was asked for, if it can be had. */
export function chooseCluster(
  asked: DemoCluster | undefined,
  machine: Machine,
): ClusterChoice | { readonly problem: string } {
  const missing = missingForKind(machine);
  switch (asked) {
    case "sandbox":
    case "existing":
      return { cluster: asked, reason: `cluster: ${asked}, as asked for` };
    case "kind":
      if (missing !== undefined)
        return { problem: `the demo cannot run on kind here: ${missing}; --cluster sandbox needs neither` };
      return { cluster: "kind", reason: "cluster: kind, as asked for" };
    case undefined:
      return missing === undefined
        ? {
            cluster: "kind",
            reason: "cluster: kind, since kind and a running Docker are here (--cluster sandbox for the other)",
          }
        : { cluster: "sandbox", reason: `cluster: sandbox, since ${missing} (--cluster kind for the other)` };
  }
}

function missingForKind({ kind, docker }: Machine): string | undefined {
  const missing = [
    ...(kind ? [] : ["kind is not on PATH"]),
    ...(docker === "missing" ? ["docker is not on PATH"] : []),
    ...(docker === "not running" ? ["Docker does not answer"] : []),
  ];
  return missing.length === 0 ? undefined : missing.join(" and ");
}
