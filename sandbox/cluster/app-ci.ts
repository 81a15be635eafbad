import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import { gitHostPort, repository } from "./git-host.ts";
import { registryPort } from "./registry.ts";

/** The stand-in for GitHub Actions. It listens nowhere: it says in its log that it works. */
export function appCi({ addresses, files, tools }: ClusterPlan): Component {
  const name = "app-ci";
  const options = {
    api: `http://${addresses.inside}:${gitHostPort}/api/v3`,
    repository,
    "token-file": files.githubToken,
    registry: `${addresses.inside}:${registryPort}`,
    data: files.appCi,
  };
  return {
    name,
    command: [
      process.execPath,
      "--import",
      "tsx",
      join(import.meta.dirname, "..", "app-ci", "runner.ts"),
      ...Object.entries(options).map(([option, value]) => `--${option}=${value}`),
    ],
    env: { PATH: [dirname(tools.bin.helm), dirname(tools.bin.crane), process.env["PATH"]].join(":") },
    ready: async () => (await readFile(join(files.logs, `${name}.log`), "utf8")).includes("builds what is pushed"),
  };
}
