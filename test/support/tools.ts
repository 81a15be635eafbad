import { lines } from "../../sandbox/progress.ts";
import { ensureRegistrySeed } from "../../sandbox/images/ensure-registry-seed.ts";
import { ensureTools } from "../../sandbox/tools/ensure-tools.ts";
import { sandboxObstacle } from "./machine.ts";

/** Builds or finds the tools and images once, before the first test that needs them, and says what takes so long. */
export default async function setup(): Promise<void> {
  if (sandboxObstacle() !== undefined) return;
  const progress = lines((line) => process.stderr.write(`${line}\n`));
  await ensureRegistrySeed(await ensureTools({ progress }), progress);
}
