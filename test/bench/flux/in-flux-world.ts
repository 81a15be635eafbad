import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { down, environment, up } from "../../../sandbox/instance.ts";
import { platformUp, type Line } from "../../../sandbox/line.ts";
import { projectRoot } from "../../../sandbox/paths.ts";
import { lines } from "../../../sandbox/progress.ts";
import { openPullRequests } from "../same-commit.ts";
import { startFakeNodes } from "./fake-nodes.ts";
import type { FluxBenchOptions, FluxWorld } from "./flux-world.ts";

const instance = "sandbox-bench";

/** Pods that a kubelet takes at most, less the platform's own. */
const PODS_THAT_FIT = 80;

export async function inFluxWorld<T>(
  n: number,
  options: FluxBenchOptions,
  measure: (world: FluxWorld) => Promise<T>,
): Promise<T> {
  const { signal, tell, fakeNodes = n > PODS_THAT_FIT } = options;
  const folder = await mkdtemp(join(tmpdir(), "bench-flux-"));
  const endings: (() => Promise<unknown>)[] = [];
  // An end that fails must not hide why the end came.
  const end = async () => {
    for (const one of endings.toReversed()) {
      await one().catch((error: unknown) => {
        tell(error instanceof Error ? error.message : String(error));
      });
    }
  };
  try {
    endings.push(() => down({ name: instance }));
    await up({ name: instance, progress: lines(tell), signal });
    const line: Line = { name: instance, env: await environment(instance), output: () => undefined, signal };
    endings.push(() => rm(join(projectRoot, `Pulumi.${instance}.yaml`), { force: true }));
    await platformUp(line);
    const kubectl = async (args: readonly string[], input = ""): Promise<string> =>
      (await execa("kubectl", args, { env: line.env, input, cancelSignal: signal })).stdout;
    if (fakeNodes) endings.push(await startFakeNodes({ kubectl, line, folder, pods: n, ...options }));
    await openPullRequests(n, line, folder, options);
    return await measure({ line, folder, kubectl });
  } finally {
    await end();
    await rm(folder, { recursive: true, force: true });
  }
}
