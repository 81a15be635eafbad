import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { ensureTools } from "../../sandbox/tools/ensure-tools.ts";
import { endProcess } from "./end-process.ts";
import { kubernetesClient } from "./kubernetes-client.ts";

/** A real Flux Operator beside an API server, as a process: it renders ResourceSets, and nobody reconciles what it makes. */
export interface FluxOperator {
  stop(): Promise<void>;
}

const NAMESPACE = "flux-system";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GIVE_UP_MS = 30_000;

/** @param folder takes its files and its log */
export async function startFluxOperator(kubeconfig: string, folder: string): Promise<FluxOperator> {
  const { bin, folders } = await ensureTools({ progress: { start: () => undefined, done: () => undefined } });
  const { send } = await kubernetesClient(kubeconfig);
  const config = join(folders["flux-operator"], "config");
  const definitions = join(config, "crd", "bases");
  for (const file of await readdir(definitions)) {
    await send("POST", DEFINITIONS, parse(await readFile(join(definitions, file), "utf8")));
  }
  await send("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const home = join(folder, "flux-operator");
  await mkdir(home, { recursive: true });
  const log = openSync(join(home, "log"), "a");
  const child = spawn(
    bin["flux-operator"],
    [
      ...["--metrics-addr=0", "--health-addr=0", "--web-server-port=0", "--enable-leader-election=false"],
      `--storage-path=${join(config, "data")}`,
    ],
    {
      stdio: ["ignore", log, log],
      env: { ...process.env, GODEBUG: "fips140=on", KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: NAMESPACE, HOME: home },
    },
  );
  closeSync(log);
  const stop = () => endProcess(child);
  try {
    await untilItWorks(join(home, "log"), () => child.exitCode);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilItWorks(log: string, exitCode: () => number | null): Promise<void> {
  for (const end = Date.now() + GIVE_UP_MS; ;) {
    const text = await readFile(log, "utf8");
    if (["resourceset", "resourcesetinputprovider"].every((name) => text.includes(started(name)))) return;
    if (exitCode() !== null || Date.now() > end) throw new Error(`Flux Operator did not start:\n${text.slice(-2000)}`);
    await sleep(100);
  }
}

const started = (controller: string) => `"msg":"Starting workers","controller":"${controller}"`;
