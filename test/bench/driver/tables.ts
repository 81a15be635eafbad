import Table from "cli-table3";
import type { Figure } from "../measure.ts";
import type { DriverReport, IdleFigures, OperationFigures } from "./report.ts";

/** The report for people. */
export function tables(report: DriverReport): string {
  const { machine, startup, idle, memory, create, update, destroy, contention, profile = [], url, parallel } = report;
  const parts = [
    `${machine.cpus} cores, ${machine.memoryMb} MB, Linux ${machine.kernel}, Node.js ${machine.node}, Pulumi ${machine.pulumi}; load ${machine.load.join(" before, ")} after; ` +
      `medians of ${machine.runs} runs, least to most in brackets`,
  ];
  if (startup) {
    const rows = [
      ["node -e 0", times(startup.node), "", ""],
      [
        "previews --help",
        times(startup.help),
        ms(startup.help.importsMs),
        ratio(startup.help.ms, startup.help.importsMs),
      ],
      [
        "previews sync, nothing to do",
        times(startup.sync),
        ms(startup.sync.importsMs),
        ratio(startup.sync.ms, startup.sync.importsMs),
      ],
    ];
    parts.push(table(["start-up", "time", "its imports alone", "ratio"], rows));
  }
  if (idle) {
    const head = [
      "nothing to do: open",
      "sync",
      "naive",
      "faster",
      "Pulumi",
      "GitHub",
      "of them 304",
      "writes",
      "Kubernetes",
      "with stacks",
    ];
    parts.push(table(head, idle.map(idleRow)));
  }
  if (memory) {
    const rows = memory.samples.map(({ syncs, heapMb, rssMb }) => [String(syncs), `${heapMb} MB`, `${rssMb} MB`]);
    parts.push(table([`syncs (${ms(memory.ms)} each)`, "heap", "resident"], rows));
  }
  const operations = Object.entries({ create, update, destroy }).flatMap(([name, one]) =>
    one ? [operationRow(name, one)] : [],
  );
  if (operations.length > 0) {
    const head = [
      "one preview",
      "driver's job",
      "pulumi alone",
      "ratio",
      "more by hand",
      "processes",
      "whole sync",
      "naive",
      "its processes",
    ];
    parts.push(table(head, operations));
  }
  if (contention) {
    const { n, concurrency } = contention;
    const rows = [
      [
        "make",
        times(contention),
        ms(contention.serialMs),
        ratio(contention.serialMs, contention.ms),
        ms(contention.naiveMs),
        ratio(contention.naiveMs, contention.ms),
        `${contention.peakRssMb} MB`,
        `${contention.serialPeakRssMb} MB`,
      ],
      [
        "destroy",
        ms(contention.destroy.ms),
        ms(contention.destroy.serialMs),
        ratio(contention.destroy.serialMs, contention.destroy.ms),
        "",
        "",
        "",
        "",
      ],
    ];
    parts.push(
      table(
        [
          `${n} previews, Flux takes no time`,
          `${concurrency} at once`,
          "one by one",
          "faster",
          "naive, one by one",
          "faster",
          "peak memory",
          "one by one",
        ],
        rows,
      ),
    );
  }
  if (url) {
    const kubectl = times({ ms: url.kubectlMs, range: url.kubectlRange });
    parts.push(table(["to the URL: sync", "kubectl", "difference"], [[times(url), kubectl, ms(url.differenceMs)]]));
  }
  if (parallel) {
    const { n, concurrency, ms: atOnceMs, serialMs, peakRssMb, serialPeakRssMb } = parallel;
    const head = [
      `${n} previews, whole cluster`,
      `${concurrency} at once`,
      "one by one",
      "faster",
      "peak memory",
      "one by one",
    ];
    const row = [
      "make",
      ms(atOnceMs),
      ms(serialMs),
      ratio(serialMs, atOnceMs),
      `${peakRssMb} MB`,
      `${serialPeakRssMb} MB`,
    ];
    parts.push(table(head, [row]));
  }
  for (const { name, totalMs, events } of profile) {
    const rows = events.map(({ ms: at, tookMs, what }) => [ms(at), tookMs === undefined ? "" : ms(tookMs), what]);
    parts.push(table([`${name}: ${ms(totalMs)}`, "took", "what"], rows));
  }
  return parts.join("\n");
}

function idleRow(one: IdleFigures): string[] {
  return [
    String(one.n),
    times(one),
    `${ms(one.naiveMs)}${one.naiveExtrapolated ? " (extrapolated)" : ""}`,
    ratio(one.naiveMs, one.ms),
    String(one.pulumiProcesses),
    String(one.githubRequests),
    String(one.githubNotModified),
    String(one.githubWrites),
    String(one.kubernetesRequests),
    `${ms(one.full.ms)}, ${one.full.pulumiProcesses} Pulumi`,
  ];
}

function operationRow(name: string, one: OperationFigures): string[] {
  return [
    name,
    times(one),
    times({ ms: one.rawMs, range: one.rawRange }),
    ratio(one.ms, one.rawMs),
    ms(one.rawStackMs),
    String(one.processes),
    times(one.command),
    times(one.naive),
    String(one.naive.processes),
  ];
}

function table(head: string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}

function times({ ms: middle, range: [least, most] }: Figure): string {
  return `${ms(middle)} (${ms(least)} to ${ms(most)})`;
}

function ms(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}

function ratio(one: number, other: number): string {
  return `${(one / other).toFixed(2)} ×`;
}
