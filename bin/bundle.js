import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["automation", "components", "stacks/preview", "package.json", "bin/bundle.js"];

/** Packages that stay packages: they load files of their own, and only what makes or looks into something needs them. */
const external = ["@pulumi/*", "@kubernetes/client-node", "tsx"];

/**
 * Bundles the driver into a folder: `cli.js` and the chunks it loads when it needs them, `worker.cjs` for the processes that
 * run Pulumi, and the licences of the packages in them. Finding and reading hundreds of small files takes longer than a sync
 * that has nothing to do.
 */
export async function bundle(folder) {
  const { build } = await import("esbuild");
  const shared = {
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node22",
    external,
    metafile: true,
    logLevel: "error",
    minifyWhitespace: true,
    legalComments: "none",
  };
  const results = await Promise.all([
    build({
      ...shared,
      entryPoints: { cli: "automation/cli.ts" },
      format: "esm",
      splitting: true,
      // For the packages that are CommonJS.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    }),
    build({
      ...shared,
      entryPoints: { worker: "automation/engines/automation/worker.ts" },
      // Pulumi's packages are CommonJS, some of them load their parts lazily: names that only require can see.
      format: "cjs",
      outExtension: { ".js": ".cjs" },
    }),
  ]);
  // Told what its files are, Node.js need not look into each.
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  await writeFile(join(folder, "LICENSES.txt"), await licencesOf(inputs));
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
 * Folder with the bundle of the sources as they are in this checkout: made when they have changed, found again later. Undefined:
 * there is none, and no place for it.
 */
export async function bundleOfCheckout() {
  const folder = join(root, "node_modules/.cache/previews", stateOf(sources));
  if (await exists(folder)) return folder;
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
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

function stateOf(paths) {
  const hash = createHash("sha256");
  for (const state of paths.flatMap(filesBelow).sort()) hash.update(`${state}\n`);
  return hash.digest("hex").slice(0, 16);
}

// Each start waits for these two hundred: one by one they take a quarter of the time that promises of them do.
function filesBelow(path) {
  const status = statSync(join(root, path));
  if (!status.isDirectory()) return [`${path} ${String(status.mtimeMs)} ${String(status.size)}`];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(join(path, name)));
}

function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}
