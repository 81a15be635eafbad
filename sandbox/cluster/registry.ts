import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ClusterPlan } from "./cluster-plan.ts";
import type { Component } from "./components.ts";
import { answers } from "./probes.ts";

export const registryPort = 5000;
export const secureRegistryPort = 5443;
export const privateRegistryPort = 5001;

/** Who may use the private registry. Its contents are open at the other ports: the password guards nothing. */
export const registryUser = { name: "robot", password: "sandbox" } as const;
/** That password, as `htpasswd -B` hashes it. */
const REGISTRY_USERS = "robot:$2b$05$abcdefghijklmnopqrstuuKRCM4P211LOQMG/2wRBo2GyNq4J5CyW\n";

export function coreDnsImage({ addresses, tools }: ClusterPlan): string {
  return `${addresses.inside}:${registryPort}/coredns/coredns:${tools.versions.coredns}`;
}

/** The registry over plain HTTP, for containerd and Flux. */
export function registry(plan: ClusterPlan): Component {
  const url = `http://${plan.addresses.inside}:${registryPort}/v2/`;
  return component(plan, "registry", () => answers(url));
}

/** The same storage, over plain HTTP too, for those only who show credentials. */
export function privateRegistry(plan: ClusterPlan): Component {
  const url = `http://${plan.addresses.inside}:${privateRegistryPort}/v2/`;
  return component(plan, "registry-private", () => answers(url, undefined, 401));
}

/** The same storage over TLS: Helm's client in Pulumi's provider speaks nothing else to a registry. */
export function secureRegistry(plan: ClusterPlan): Component {
  const url = `https://${plan.addresses.inside}:${secureRegistryPort}/v2/`;
  return component(plan, "registry-tls", () => answers(url));
}

export async function configureRegistries({ addresses, files }: ClusterPlan): Promise<void> {
  const tls = { certificate: join(files.pki, "apiserver.crt"), key: join(files.pki, "apiserver.key") };
  const users = join(files.config, "registry-users");
  await Promise.all([
    writeFile(users, REGISTRY_USERS),
    writeFile(
      join(files.config, "registry-private.yaml"),
      config(files.registry, `${addresses.inside}:${privateRegistryPort}`, { users }),
    ),
    writeFile(join(files.config, "registry.yaml"), config(files.registry, `${addresses.inside}:${registryPort}`)),
    writeFile(
      join(files.config, "registry-tls.yaml"),
      config(files.registry, `${addresses.inside}:${secureRegistryPort}`, { tls }),
    ),
  ]);
}

/** https://distribution.github.io/distribution/about/configuration/ */
function config(
  storage: string,
  addr: string,
  { tls, users }: { readonly tls?: { certificate: string; key: string }; readonly users?: string } = {},
): string {
  return stringify({
    version: 0.1,
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr, ...(tls && { tls }) },
    ...(users !== undefined && { auth: { htpasswd: { realm: "sandbox", path: users } } }),
  });
}

function component({ files, tools }: ClusterPlan, name: string, ready: () => Promise<boolean>): Component {
  return {
    name,
    command: [tools.bin.registry, "serve", join(files.config, `${name}.yaml`)],
    // It would look for a collector of traces on this machine.
    env: { OTEL_TRACES_EXPORTER: "none" },
    ready,
  };
}
