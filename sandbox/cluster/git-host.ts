import { generateKeyPair } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import type { InstanceFiles } from "./instance-files.ts";
import { answers } from "./probes.ts";

export const gitHostPort = 3000;
export const repository = "den-vasyliev/kbot";

/** The GitHub App of an instance: it may read what Flux clones. */
export const githubAppId = 1;

/** Makes that app, with a key of its own. */
export async function registerApp({ githubApps, githubAppKey }: InstanceFiles): Promise<void> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const permissions = { contents: "read", metadata: "read" };
  const app = { id: githubAppId, slug: "flux", publicKey, permissions, repositories: [repository] };
  await writeFile(githubAppKey, privateKey, { mode: 0o600 });
  await writeFile(githubApps, JSON.stringify([app]));
}

/** The git host and GitHub API emulator, laid out like GitHub Enterprise Server. */
export function gitHost({ addresses, files }: ClusterPlan): Component {
  const listen = `${addresses.inside}:${gitHostPort}`;
  const options = {
    listen,
    data: files.github,
    repository,
    "token-file": files.githubToken,
    apps: files.githubApps,
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
