import { join } from "node:path";
import type { ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import { answers } from "./probes.ts";

export const gitHostPort = 3000;
export const repository = "den-vasyliev/kbot";

/** The git host and GitHub API emulator, laid out like GitHub Enterprise Server. */
export function gitHost({ addresses, files }: ClusterPlan): Component {
  const listen = `${addresses.inside}:${gitHostPort}`;
  const options = {
    listen,
    data: files.github,
    repository,
    "token-file": files.githubToken,
    "first-number": "41",
  };
  return {
    name: "git-host",
    command: [
      process.execPath,
      "--import",
      "tsx",
      join(import.meta.dirname, "..", "github", "server.ts"),
      ...Object.entries(options).map(([option, value]) => `--${option}=${value}`),
    ],
    ready: () => answers(`http://${listen}/${repository}`),
  };
}
