import { join } from "node:path";
import { ensureTools, type Tools } from "../../sandbox/tools/ensure-tools.ts";

/** The programs integration tests run: of the folder PREVIEW_TEST_TOOLS, else those the sandbox builds. */
export interface TestTools {
  readonly bin: Pick<Tools["bin"], "etcd" | "kube-apiserver" | "kube-controller-manager" | "pulumi" | "registry">;
  readonly standIns: Tools["standIns"];
}

export async function testTools(): Promise<TestTools> {
  const folder = process.env["PREVIEW_TEST_TOOLS"];
  if (folder === undefined) {
    return ensureTools({ progress: { start: () => undefined, done: () => undefined } });
  }
  const program = (name: string) => join(folder, name);
  return {
    bin: {
      etcd: program("etcd"),
      "kube-apiserver": program("kube-apiserver"),
      "kube-controller-manager": program("kube-controller-manager"),
      pulumi: program("pulumi"),
      registry: program("registry"),
    },
    standIns: {
      "pulumi-analyzer-policy": program("plugins-bin/pulumi-analyzer-policy"),
      "pulumi-language-nodejs": program("plugins-bin/pulumi-language-nodejs"),
      "pulumi-resource-command": program("plugins-bin/pulumi-resource-command"),
      "pulumi-resource-kubernetes": program("plugins-bin/pulumi-resource-kubernetes"),
      "pulumi-resource-random": program("plugins-bin/pulumi-resource-random"),
    },
  };
}
