import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { clusterCharts, type ClusterChart } from "../charts/chart-list.ts";
import { chartFolder, pushChart } from "../charts/push-chart.ts";
import { cacheRoot, projectRoot } from "../paths.ts";
import { cachedFolder } from "../tools/cached-folder.ts";
import { contentHash, folderContents } from "../tools/content-hash.ts";
import type { Tools } from "../tools/ensure-tools.ts";
import { reportStep, type Progress } from "../tools/progress.ts";
import { runProgram } from "../tools/run-program.ts";
import { clusterImages, pauseImage, type ClusterImage, type MachineFiles } from "./image-list.ts";
import { fileHash, writeImageLayout } from "./image-layout.ts";
import { machineFiles } from "./machine-files.ts";
import { withRegistry } from "./seed-registry.ts";

export interface ImageReference {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

export interface ChartReference {
  /** Path in the registry, such as "charts/flux-operator". */
  readonly repository: string;
  readonly version: string;
}

export interface RegistrySeed {
  /** Storage folder of a registry that holds the images and charts. To be copied (`cp --link`), never written to. */
  readonly storage: string;
  readonly images: readonly ImageReference[];
  readonly charts: readonly ChartReference[];
  /** The pause image under its own name, for `ctr images import`. */
  readonly pauseArchive: string;
}

/** Makes the images and charts of the cluster once, and keeps them as a registry would store them. */
export async function ensureRegistrySeed(
  tools: Tools,
  progress: Progress,
  signal?: AbortSignal,
): Promise<RegistrySeed> {
  const step = "images and charts";
  const machine = await machineFiles(tools.bin.envoy);
  const images = clusterImages(tools, machine);
  const pause = pauseImage(tools);
  const charts = clusterCharts(tools);
  // Folders of tools carry the hash of what is in them, so their paths stand for it.
  const recipe = await folderContents(join(projectRoot, "sandbox"), ["images/**/*", "charts/**/*"]);
  const parts = [JSON.stringify([images, pause, charts]), ...recipe, ...(await machineHashes(machine))];
  const folder = join(cacheRoot(), "images", contentHash(parts));
  const tell = (line: string) => progress.output?.(line, step);
  await reportStep(progress, step, () =>
    cachedFolder(folder, (partial) => fillSeed(partial, { tools, images, pause, charts, tell, signal }), signal),
  );
  return {
    storage: join(folder, "storage"),
    images: JSON.parse(await readFile(join(folder, "images.json"), "utf8")) as ImageReference[],
    charts: charts.map(({ name, version }) => ({ repository: `${chartFolder}/${name}`, version })),
    pauseArchive: join(folder, "pause.tar"),
  };
}

/** The parts of images that no tool's hash covers. */
async function machineHashes({ certificates, envoyLibraries }: MachineFiles): Promise<string[]> {
  const files = [...(certificates ? [certificates] : []), ...envoyLibraries];
  return Promise.all(files.map(async (file) => (await fileHash(file)).hash));
}

interface SeedContents {
  readonly tools: Tools;
  readonly images: readonly ClusterImage[];
  readonly pause: ClusterImage;
  readonly charts: readonly ClusterChart[];
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

async function fillSeed(folder: string, contents: SeedContents): Promise<void> {
  const { tools, images, pause, charts, tell, signal } = contents;
  const storage = join(folder, "storage");
  const work = join(folder, "work");
  await mkdir(storage);
  await mkdir(work);
  const run = (what: string, program: string, args: readonly string[]) =>
    runProgram({ what, program, args, log: join(cacheRoot(), "logs", "images.log"), signal });

  await withRegistry(
    tools.bin.registry,
    { storage, work },
    async (registry) => {
      const references: ImageReference[] = [];
      for (const image of images) {
        const { repository, tag } = image;
        tell(`image ${repository}:${tag}`);
        const layout = join(work, "layout");
        const digest = await writeImageLayout(layout, image, signal);
        await run(`store the image "${repository}"`, tools.bin.crane, [
          "push",
          layout,
          `${registry}/${repository}:${tag}`,
        ]);
        await rm(layout, { recursive: true });
        references.push({ repository, tag, digest });
      }
      await writeFile(join(folder, "images.json"), JSON.stringify(references, undefined, 2));
      for (const chart of charts) {
        tell(`chart ${chart.name} ${chart.version}`);
        await pushChart(chart, registry, work, tools, signal);
      }
    },
    signal,
  );

  tell(`image ${pause.repository}:${pause.tag}`);
  const layout = join(work, "pause");
  await writeImageLayout(layout, pause, signal);
  await run("pack the pause image", "tar", [
    "--create",
    "--file",
    join(folder, "pause.tar"),
    "--directory",
    layout,
    ".",
  ]);
  await rm(work, { recursive: true });
}
