import { rm } from "node:fs/promises";
import { InstanceCgroups } from "./cgroups.ts";
import { instanceFiles } from "./instance-files.ts";
import { ipProgram, removeNetwork } from "./network.ts";
import { readPlan } from "./start-instance.ts";

/**
 * Ends an instance, whatever state it is in: running, half started, half killed, or not there at all. It asks the kernel
 * what belongs to the instance, not a file. The mount namespace and all that is mounted in it end with its last process.
 */
export async function removeInstance(instance: string): Promise<void> {
  await stopInstance(instance);
  await rm(instanceFiles(instance).root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Ends everything that runs but leaves the instance's folder, with its logs. */
export async function stopInstance(instance: string): Promise<void> {
  const cgroups = await InstanceCgroups.of(instance);
  await cgroups.kill();
  await cgroups.remove();
  const tools = (await readPlan(instance))?.tools;
  await removeNetwork(instance, ipProgram(tools?.bin.ip ?? "ip", tools?.env ?? {}));
}
