import { execa } from "execa";
import { join } from "node:path";
import { projectRoot } from "../../sandbox/paths.ts";

/** Builds what is published, as npm does it before it packs, and gives the tarball in this folder. */
export async function packed(folder: string): Promise<string> {
  const inCheckout = execa({ cwd: projectRoot });
  await inCheckout("node", ["scripts/build.js"]);
  // Without npm's own checks around it, which would build once more.
  const { stdout } = await inCheckout("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]);
  const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }];
  return join(folder, filename);
}
