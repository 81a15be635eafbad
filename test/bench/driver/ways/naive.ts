import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench } from "../bench-world.ts";
import type { NaiveWork } from "./naive-program.ts";

const program = fileURLToPath(import.meta.resolve("./naive-program.ts"));

/** Runs the naive program. */
export async function naive(bench: Bench, work: Pick<NaiveWork, "action" | "previews">): Promise<void> {
  const { world, config } = bench;
  const file = join(world.folder, "naive.json");
  const whole: NaiveWork = {
    ...work,
    project: config.pulumi.project,
    kubeconfig: await readFile(world.env["KUBECONFIG"] ?? "", "utf8"),
    timeout: `${config.timeoutSeconds}s`,
  };
  await writeFile(file, JSON.stringify(whole));
  await bench.run("node", ["--import", import.meta.resolve("tsx"), program, file], {
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
  });
}
