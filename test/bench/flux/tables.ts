import Table from "cli-table3";
import type { FluxReport } from "./flux-bench.ts";

/** The report for people. */
export function fluxTables({ machine, rows }: FluxReport): string {
  const head =
    `${machine.cpus} cores, ${machine.memoryMb} MB, Linux ${machine.kernel}, Node.js ${machine.node}; ` +
    `load ${machine.load.join(" before, ")} after`;
  const table = new Table({
    head: [
      "previews",
      "engine",
      "all Ready",
      "driver ended",
      "GitHub",
      "Kubernetes",
      "of them writes",
      "flux-operator",
      "helm-controller",
      "source-controller",
    ],
    style: { head: [], border: [] },
  });
  for (const { n, way, readyMs, driverMs, github, kubernetes, writes, controllersMb } of rows) {
    const memory = (["flux-operator", "helm-controller", "source-controller"] as const).map(
      (name) => `${controllersMb[name]} MB`,
    );
    const ended = driverMs === undefined ? "" : seconds(driverMs);
    table.push([
      String(n),
      way,
      seconds(readyMs),
      ended,
      String(github),
      String(kubernetes),
      String(writes),
      ...memory,
    ]);
  }
  return [head, table.toString()].join("\n\n");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
