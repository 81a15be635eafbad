import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Packages that stay packages: they load files of their own, and only what makes or looks into something needs them. */
const external = ["@pulumi/*", "@kubernetes/client-node", "tsx"];

/**
 * Bundles the driver into a folder: `cli.cjs`, `worker.cjs` for the processes that run Pulumi, and the licences of the packages in
 * them. Finding and reading hundreds of small files takes longer than a sync that has nothing to do; and as CommonJS in one
 * file each, parts that wait until they are needed cost nothing, where each file of an ES module has a price of its own.
 */
export async function bundle(folder) {
  const { build } = await import("esbuild");
  const { metafile } = await build({
    absWorkingDir: root,
    outdir: folder,
    entryPoints: { cli: "automation/cli.ts", worker: "automation/engines/automation/worker.ts" },
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    // CommonJS has no such thing.
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "bundleUrl" },
    external,
    metafile: true,
    logLevel: "error",
    minifyWhitespace: true,
    legalComments: "none",
  });
  await writeFile(join(folder, "LICENSES.txt"), await licencesOf(Object.keys(metafile.inputs)));
}

async function licencesOf(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const texts = [...packages].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
    const files = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
    const contents = await Promise.all(files.map((file) => readFile(join(root, folder, file), "utf8")));
    return [`${name} ${version} (${license})`, ...contents.map((content) => content.trim())].join("\n\n");
  });
  return `${(await Promise.all(texts)).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/**
 * Makes the bundle of a checkout in this folder, whole or not at all. Undefined: it cannot be made here, for want of a place that can
 * be written.
 */
export async function bundleOnce(folder) {
  const unfinished = `${folder}.${String(process.pid)}`;
  try {
    await mkdir(unfinished, { recursive: true });
  } catch {
    return undefined;
  }
  try {
    await bundle(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
