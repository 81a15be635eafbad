import { readFile } from "node:fs/promises";
import { appCi } from "./app-ci.ts";
import { fillAppRepository } from "./app-repository.ts";
import { bindAdministrators, nodeReady, startDns } from "./bootstrap.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { Components } from "./components.ts";
import { apiServer, controllerManager, etcd, scheduler } from "./control-plane.ts";
import { gitHost } from "./git-host.ts";
import { instanceFiles } from "./instance-files.ts";
import { loadBalancer } from "./load-balancer-component.ts";
import { configureNode, containerd, importPause, kubelet, kubeProxy } from "./node.ts";
import { createPki } from "./pki.ts";
import { configureRegistries, privateRegistry, registry, secureRegistry } from "./registry.ts";
import { writeState, type InstanceState, type Milestone } from "./state.ts";

/** Runs in the sandbox's namespaces, below process 1: brings everything up, then stays for as long as the instance does. */
async function main(instance: string): Promise<void> {
  const plan = JSON.parse(await readFile(instanceFiles(instance).plan, "utf8")) as ClusterPlan;
  // When this process ends, process 1 ends, and the kernel ends everything else.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
  setInterval(() => undefined, 2 ** 30);
  await new Supervisor(plan).start();
}

class Supervisor {
  private readonly begin = performance.now();
  private readonly components: Components;
  private readonly reached: Partial<Record<Milestone, number>> = {};
  private phase: InstanceState["phase"] = "starting";
  private error: string | undefined;
  private written = Promise.resolve();

  constructor(private readonly plan: ClusterPlan) {
    this.components = new Components(plan.files.logs, () => {
      this.write();
    });
  }

  async start(): Promise<void> {
    try {
      await this.bringUp();
      this.phase = "ready";
    } catch (error) {
      this.phase = "failed";
      this.error = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${this.error}\n`);
    }
    this.write();
  }

  /** Everything starts as soon as what it needs is there. */
  private async bringUp(): Promise<void> {
    const { plan, components } = this;
    await Promise.all([configureNode(plan), configureRegistries(plan)]);
    const run = (component: (plan: ClusterPlan) => Parameters<Components["run"]>[0]) => components.run(component(plan));

    const started = [run(etcd), run(registry), run(containerd), run(gitHost)] as const;
    const [etcdReady, registryReady, containerdReady, gitHostReady] = started;
    const pki = createPki(plan);
    const api = Promise.all([pki, etcdReady]).then(async () => {
      await run(apiServer);
      await bindAdministrators(plan);
    });
    const pause = containerdReady.then(() => importPause(plan));
    const node = Promise.all([api, pause]).then(async () => {
      await run(kubelet);
      await nodeReady(plan);
    });

    await Promise.all([
      this.reach("API server", api),
      this.reach("node", node),
      this.reach(
        "cluster DNS",
        api.then(() => startDns(plan)),
      ),
      this.reach(
        "load balancer",
        api.then(() => run(loadBalancer)),
      ),
      this.reach("registry", Promise.all([registryReady, run(privateRegistry), pki.then(() => run(secureRegistry))])),
      this.reach("git host", gitHostReady),
      this.reach(
        "app repository",
        gitHostReady.then(() => fillAppRepository(plan)),
      ),
      this.reach(
        "app CI",
        gitHostReady.then(() => run(appCi)),
      ),
      ...[controllerManager, scheduler, kubeProxy].map((component) => api.then(() => run(component))),
    ]);
  }

  private async reach(milestone: Milestone, work: Promise<unknown>): Promise<void> {
    await work;
    this.reached[milestone] = Math.round(performance.now() - this.begin);
    this.write();
  }

  /** One after the other, so that the last word is the last one written. */
  private write(): void {
    this.written = this.written.then(() =>
      writeState(this.plan.files.state, {
        phase: this.phase,
        reached: { ...this.reached },
        components: [...this.components.records()],
        error: this.error,
      }),
    );
  }
}

await main(process.argv[2] ?? "");
