import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Service,
} from "@kubernetes/client-node";
import { execa } from "execa";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { z } from "zod";
import { planAddresses, type BalancedService } from "./load-balancer-plan.ts";

/**
 * The stand-in for cloud-provider-kind: gives Services of type LoadBalancer addresses of the sandbox's own subnet. The
 * address is put on the sandbox's end of the link, so that it always ends here; kube-proxy serves it from there.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: "string", default: "" },
      ip: { type: "string", default: "ip" },
      link: { type: "string", default: "" },
      addresses: { type: "string", default: "" },
      listen: { type: "string", default: "" },
    },
  });
  const pool = values.addresses.split(",");
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromFile(values.kubeconfig);
  const api = kubeconfig.makeApiClient(CoreV1Api);
  const informer = makeInformer(kubeconfig, "/api/v1/services", () => api.listServiceForAllNamespaces());

  const reconcile = async (): Promise<void> => {
    const services = informer.list();
    const plan = planAddresses(services.map(balanced), pool);
    await serve(values.ip, values.link, pool, plan.serve);
    for (const { key, address } of plan.assign) {
      const service = services.find((candidate) => balanced(candidate).key === key);
      if (service === undefined) continue;
      await writeAddress(api, service, address);
      log(`service "${key}" gets ${address}`);
    }
    for (const key of plan.waiting) log(`service "${key}" waits: all ${pool.length} addresses are in use`);
  };
  const changed = inTurn(reconcile);
  for (const event of ["add", "update", "delete"] as const) informer.on(event, changed);
  informer.on("error", (error: unknown) => {
    log(`the watch ended, watching again: ${String(error)}`);
    setTimeout(() => void informer.start(), 1000);
  });
  await informer.start();
  const [host, port] = values.listen.split(":");
  createServer((_, response) => response.end("ok\n")).listen(Number(port), host);
}

function balanced(service: V1Service): BalancedService {
  const { metadata, spec, status } = service;
  return {
    key: `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`,
    // A watch delivers the time as it was sent, a text; a list delivers a Date.
    created: new Date(metadata?.creationTimestamp ?? 0).toISOString(),
    wanted: spec?.type === "LoadBalancer" && metadata?.deletionTimestamp === undefined,
    address: status?.loadBalancer?.ingress?.[0]?.ip,
  };
}

async function writeAddress(api: CoreV1Api, service: V1Service, address: string): Promise<void> {
  const name = service.metadata?.name ?? "";
  const namespace = service.metadata?.namespace ?? "";
  const resourceVersion = service.metadata?.resourceVersion;
  // The resource version makes a Service that has changed since be looked at again instead of being overwritten.
  const body = {
    metadata: { resourceVersion },
    status: { loadBalancer: { ingress: [{ ip: address, ipMode: "VIP" }] } },
  };
  await api.patchNamespacedServiceStatus(
    { name, namespace, body },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}

const addressList = z.array(z.object({ addr_info: z.array(z.object({ local: z.string().optional() })) }));

async function serve(ip: string, link: string, pool: readonly string[], wanted: readonly string[]): Promise<void> {
  const { stdout } = await execa(ip, ["-j", "-4", "address", "show", "dev", link]);
  const present = addressList.parse(JSON.parse(stdout)).flatMap((entry) => entry.addr_info.map((info) => info.local));
  for (const address of pool) {
    const change = (verb: string): Promise<unknown> => execa(ip, ["address", verb, `${address}/32`, "dev", link]);
    if (wanted.includes(address) && !present.includes(address)) await change("add");
    if (!wanted.includes(address) && present.includes(address)) await change("delete");
  }
}

/** One run at a time, and one more after it when something changed meanwhile. A failed run is repeated a second later. */
function inTurn(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = (): void => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    work()
      .catch((error: unknown) => {
        log(`trying again: ${error instanceof Error ? error.message : String(error)}`);
        setTimeout(run, 1000);
      })
      .finally(() => {
        running = false;
        if (again) run();
      });
  };
  return run;
}

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

await main();
