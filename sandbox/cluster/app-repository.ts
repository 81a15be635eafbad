import { readFile } from "node:fs/promises";
import { seed } from "../github/seed.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { gitHostPort, repository } from "./git-host.ts";

/** Fills the app's repository once its host answers. By the time the node runs pods, the app's CI has built the images. */
export async function fillAppRepository({ addresses, files }: ClusterPlan): Promise<void> {
  const env = {
    GITHUB_API_URL: `http://${addresses.inside}:${gitHostPort}/api/v3`,
    GITHUB_REPOSITORY: repository,
    GITHUB_TOKEN: (await readFile(files.githubToken, "utf8")).trim(),
  };
  await seed({ env, within: files.root });
}
