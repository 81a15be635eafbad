import { down, environment, prepare, up } from "./instance.ts";
import type { Stage } from "./stage.ts";

/**
 * The sandbox: everything on this machine, and nothing from the internet but packages. The driver itself tells people where
 * a preview is, so Flux's notification-controller, which takes long to build, is left out.
 */
export function sandboxStage(name: string): Stage {
  return {
    title: "sandbox: cluster, registry, git host, GitHub API",
    settings: { fluxComponents: ["source-controller", "helm-controller"] },
    prepare: async (progress, signal) => {
      await prepare({ progress, signal, notifications: false });
    },
    up: async (progress, signal) => {
      const { found, status } = await up({ name, progress, signal, notifications: false });
      return found ? { found } : { found, nodeReady: status.reached.node ?? 0 };
    },
    environment: () => environment(name),
    down: async () => {
      await down({ name });
    },
  };
}
