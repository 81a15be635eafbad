#!/usr/bin/env node
"use strict";
// CommonJS, as package.json beside it says: Node.js' loader of ES modules is not worth its time for one file.
const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const module_ = require("node:module");
const { join } = require("node:path");

const OLDEST_NODE = 22;
const root = join(__dirname, "..");

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) runWithOwnNode();
else void run();

async function run() {
  const folder = await bundled();
  const { main } = folder === undefined ? await fromSources() : fromBundle(folder);
  process.exit(await main(process.argv.slice(2)));
}

function fromBundle(folder) {
  // Best effort: where this folder cannot be written, the code is compiled at every start.
  module_.enableCompileCache(join(folder, "compiled"));
  return require(join(folder, "cli.cjs"));
}

async function fromSources() {
  const { register } = await import("tsx/esm/api");
  register();
  return import("../automation/cli.ts");
}

/** The published package carries its bundle; a checkout makes its own, unless it cannot be written. */
async function bundled() {
  if (!existsSync(join(root, "automation"))) return join(root, "dist/previews");
  const folder = require("./checkout.js").bundleFolder(root);
  if (existsSync(folder)) return folder;
  return (await import("../scripts/bundle.js")).bundleOnce(folder);
}

/** The Node.js that was found is too old; one that is not may have been installed with this package. */
function runWithOwnNode() {
  const node = ["node_modules/.bin/node", "../.bin/node"]
    .map((path) => join(root, path))
    .find((path) => existsSync(path));
  if (node === undefined) {
    process.stderr.write(`previews: Node.js ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}\n`);
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
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
