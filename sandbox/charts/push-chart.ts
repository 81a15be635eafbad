import { globSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../paths.ts";
import type { Tools } from "../tools/ensure-tools.ts";
import { runProgram } from "../tools/run-program.ts";
import type { ClusterChart } from "./chart-list.ts";

/** Where charts lie in the sandbox's registry. */
export const chartFolder = "charts";

/** Packages a chart and stores it in a registry that speaks plain HTTP. */
export async function pushChart(
  chart: ClusterChart,
  registry: string,
  work: string,
  { bin }: Tools,
  signal?: AbortSignal,
): Promise<void> {
  const source = join(work, "chart", chart.name);
  const packages = join(work, "packages", chart.name);
  const run = (program: string, args: readonly string[]) =>
    runProgram({
      what: `package the chart "${chart.name}"`,
      program,
      args,
      // Helm must not read, let alone write, the user's own settings.
      env: { HELM_CACHE_HOME: work, HELM_CONFIG_HOME: work, HELM_DATA_HOME: work },
      log: join(cacheRoot(), "logs", "charts.log"),
      signal,
    });
  await mkdir(source, { recursive: true });
  await mkdir(packages, { recursive: true });
  await chart.write(source);
  const versions = ["--version", chart.version, "--app-version", chart.appVersion];
  await run(bin.helm, ["package", source, ...versions, "--destination", packages]);
  for (const file of globSync(join(packages, "*.tgz")))
    await run(bin.helm, ["push", file, `oci://${registry}/${chartFolder}`, "--plain-http"]);
  for (const alias of chart.aliases)
    await run(bin.crane, ["tag", `${registry}/${chartFolder}/${chart.name}:${chart.version}`, alias]);
}
