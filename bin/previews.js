#!/usr/bin/env node
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_NODE = 22;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) runWithOwnNode();
else await run();

async function run() {
  const folder = await bundled();
  const { main } = folder === undefined ? await fromSources() : await fromBundle(folder);
  process.exit(await main(process.argv.slice(2)));
}

function fromBundle(folder) {
  // Best effort: where this folder cannot be written, the code is compiled at every start.
  module.enableCompileCache(join(folder, "compiled"));
  return import(pathToFileURL(join(folder, "cli.js")).href);
}

async function fromSources() {
  const { register } = await import("tsx/esm/api");
  register();
  return import("../automation/cli.ts");
}

/** The published package carries its bundle; a checkout makes its own, unless it cannot be written. */
async function bundled() {
  const published = fileURLToPath(new URL("../dist/previews", import.meta.url));
  const sources = fileURLToPath(new URL("../automation", import.meta.url));
  if (!existsSync(sources)) return published;
  return (await import("./bundle.js")).bundleOfCheckout();
}

/** The Node.js that was found is too old; one that is not may have been installed with this package. */
function runWithOwnNode() {
  const node = ["../node_modules/.bin/node", "../../.bin/node"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  if (node === undefined) {
    process.stderr.write(`previews: Node.js ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}\n`);
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // From a terminal it comes twice; previews does nothing at the second.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`previews: ${node} could not be started: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
