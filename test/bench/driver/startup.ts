import { join } from "node:path";
import { projectRoot } from "../../../sandbox/paths.ts";
import { figure, timed, turns } from "../measure.ts";
import type { Bench } from "./bench-world.ts";
import type { StartupFigures } from "./report.ts";

/** The packages without which the command could not do what it does. */
const imports = {
  help: ["commander"],
  sync: [
    ...["commander", "zod", "yaml", "p-limit", "picomatch", "re2js", "cli-table3"],
    ...[
      "@octokit/rest",
      "@octokit/plugin-retry",
      "@octokit/plugin-throttling",
      "bottleneck",
      "@whatwg-node/node-fetch",
    ],
  ],
} as const;

/** How long it takes until anything happens. Wants a world where nothing is to do. */
export async function startup(bench: Bench): Promise<StartupFigures> {
  bench.tell("start-up of node, previews --help and sync");
  const measured = { node: [], help: [], helpImports: [], sync: [], syncImports: [] } as Record<Contestant, number[]>;
  const node = (code: string) => bench.run("node", ["--input-type=module", "--eval", code]);
  const ways: Record<Contestant, () => Promise<void>> = {
    node: () => bench.run("node", ["-e", "0"]),
    help: () => bench.run(join(projectRoot, "bin/previews.js"), ["--help"]),
    helpImports: () => node(importing(imports.help)),
    sync: () => bench.sync(),
    syncImports: () => node(importing(imports.sync)),
  };
  const contestants = Object.keys(ways) as Contestant[];
  // The first of each is for the machine's caches.
  for (const round of turns(contestants, bench.runs + 1)) {
    for (const way of round) measured[way].push(await timed(ways[way]));
  }
  const rest = (way: Contestant) => figure(measured[way].slice(1));
  await bench.world.footprint();
  return {
    node: rest("node"),
    help: { ...rest("help"), importsMs: rest("helpImports").ms, imports: imports.help },
    sync: { ...rest("sync"), importsMs: rest("syncImports").ms, imports: imports.sync },
  };
}

type Contestant = "node" | "help" | "helpImports" | "sync" | "syncImports";

/** Resolved here: where the program runs there are no packages. */
function importing(packages: readonly string[]): string {
  const urls = packages.map((one) => import.meta.resolve(one));
  return `await Promise.all(${JSON.stringify(urls)}.map((url) => import(url)));`;
}
