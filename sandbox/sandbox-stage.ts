import { down, environment, prepare, up } from "./instance.ts";
import type { Stage } from "./stage.ts";

/** The sandbox: everything on this machine, and nothing from the internet but packages. */
export function sandboxStage(name: string): Stage {
  return {
    title: "sandbox: cluster, registry, git host, GitHub API",
    settings: {},
    prepare: async (progress, signal) => {
      await prepare(progress, signal);
    },
    up: async (progress, signal) => {
      const { found, status } = await up({ name, progress, signal });
      return found ? { found } : { found, nodeReady: status.reached.node ?? 0 };
    },
    environment: () => environment(name),
    down: async () => {
      await down({ name });
    },
  };
}
