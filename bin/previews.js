#!/usr/bin/env node
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 22;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) runWithOwnNode();
else await run();

async function run() {
  const { register } = await import("tsx/esm/api");
  register();
  const { main } = await import("../automation/cli.ts");
  process.exit(await main(process.argv.slice(2)));
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
