import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { loadConfig } from "../../../automation/config.ts";
import { previewSet } from "../../../automation/preview-spec.ts";
import { pullRequestProvider, resourceSet } from "../../../components/manifests/preview-set.ts";
import { previewSetDefaults } from "../../../components/manifests/preview-set-spec.ts";
import { projectRoot } from "../../../sandbox/paths.ts";
import type { FluxWorld } from "./flux-world.ts";

/** How a preview comes to be for each pull request. */
export const ways = ["automation", "flux, admission", "flux, github"] as const;
export type Way = (typeof ways)[number];

/** Makes all previews from nothing. Ends when it has nothing more to do itself; the previews may not be Ready yet. */
export type Make = (world: FluxWorld, n: number) => Promise<void>;

export const makers: Readonly<Record<Way, Make>> = {
  automation: (world) => sync(world, "automation"),
  "flux, admission": async (world) => {
    const set = await setOf(world);
    await apply(world, [resourceSet(set)]);
    await sync(world, "flux");
  },
  "flux, github": async (world, n) => {
    const { env } = world.line;
    const set = { ...(await setOf(world)), source: "github" as const };
    const url = new URL(`/${env["GITHUB_REPOSITORY"] ?? ""}`, env["GITHUB_API_URL"]).href;
    const preview = { ...set.preview, source: { ...set.preview.source, url: `${url}.git` } };
    const reading = { ...previewSetDefaults, labels: ["preview"], url, limit: n };
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: reading.secretName, namespace: preview.controlNamespace },
      stringData: { username: "x-access-token", password: env["GITHUB_TOKEN"] ?? "" },
    };
    const named = { ...set, preview };
    await apply(world, [secret, pullRequestProvider(named, reading), resourceSet(named)]);
  },
};

async function setOf({ line, folder }: FluxWorld) {
  return previewSet(await loadConfig({ cwd: folder, env: line.env, flags: { engine: "flux" } }));
}

async function apply({ kubectl }: FluxWorld, items: readonly unknown[]): Promise<void> {
  await kubectl(["apply", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** The URL is not waited for: where nothing runs, nothing answers. Nor is anything told on pull requests, one a second. */
async function sync({ line, folder }: FluxWorld, engine: string): Promise<void> {
  const settings = join(folder, "previews.yaml");
  const quiet = { comment: false, deployment: false, status: false };
  await writeFile(settings, JSON.stringify({ check: { url: "never" }, feedback: quiet, timeout: "1h" }));
  const args = ["sync", "--engine", engine, "--config", settings];
  await execa(join(projectRoot, "bin", "previews.js"), args, {
    env: line.env,
    stdin: "ignore",
    ...(line.signal && { cancelSignal: line.signal }),
  });
}
