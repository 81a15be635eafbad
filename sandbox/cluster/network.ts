import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { addressesOf, freeSubnets, type Addresses } from "./addresses.ts";

/** Runs iproute2's `ip` and answers what it prints. */
export type Ip = (...args: string[]) => Promise<string>;

export function ipProgram(file: string, env: Readonly<Record<string, string>>): Ip {
  return async (...args) => (await execa(file, args, { env })).stdout;
}

const routeList = z.array(z.object({ dst: z.string() }));
const linkList = z.array(z.object({ ifname: z.string(), link_index: z.number().optional(), ifindex: z.number() }));

export function namespaceName(instance: string): string {
  return `preview-${instance}`;
}

export function namespaceFile(instance: string): string {
  return `/run/netns/${namespaceName(instance)}`;
}

/** The name of the link's end inside the namespace. */
export const insideLink = "eth0";

/** A network namespace that reaches this machine over a veth pair, and nothing else: there is no other route in it. */
export async function createNetwork(instance: string, ip: Ip): Promise<Addresses> {
  const namespace = namespaceName(instance);
  await createNamespace(namespaceFile(instance));
  const addresses = await claimSubnet(namespace, ip);
  await ip("-n", namespace, "link", "set", "lo", "up");
  await ip("-n", namespace, "addr", "add", `${addresses.inside}/24`, "dev", insideLink);
  await ip("-n", namespace, "link", "set", insideLink, "up");
  await ip("addr", "add", `${addresses.outside}/24`, "dev", addresses.link);
  await ip("link", "set", addresses.link, "up");
  // Not `ip netns exec`, which mounts another /sys and so hides the cgroups.
  await execa("nsenter", [`--net=${namespaceFile(instance)}`, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
  return addresses;
}

/** As `ip netns add` does, but without the mount which that leaves on /run/netns itself. */
async function createNamespace(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, "");
  await execa("unshare", [`--net=${file}`, "true"]);
}

/** The link is named for its subnet: creating it is the claim, and the kernel decides between two that try at once. */
async function claimSubnet(namespace: string, ip: Ip): Promise<Addresses> {
  const routes = routeList.parse(JSON.parse(await ip("-j", "-4", "route", "show", "table", "all")));
  for (const subnet of freeSubnets(routes.map((route) => route.dst))) {
    const addresses = addressesOf(subnet);
    const peer = ["peer", "name", insideLink, "netns", namespace];
    try {
      await ip("link", "add", "name", addresses.link, "type", "veth", ...peer);
      return addresses;
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("File exists"))) throw error;
    }
  }
  throw new Error(
    "no /24 of 10.201.0.0/16 is free on this machine: see `ip -4 route`, and end a sandbox that is not needed " +
      "(`npm run sandbox -- down --name NAME`)",
  );
}

/** Removes the namespace with its link. The kernel takes its time to remove a link: this waits for it. */
export async function removeNetwork(instance: string, ip: Ip): Promise<void> {
  const file = namespaceFile(instance);
  if (!existsSync(file)) return;
  const namespace = namespaceName(instance);
  const link = await outsideLink(namespace, ip);
  await ip("netns", "delete", namespace);
  await rmdir(dirname(file)).catch(() => undefined);
  if (link === undefined) return;
  await ip("link", "delete", link).catch(() => undefined);
  for (let attempt = 0; existsSync(`/sys/class/net/${link}`); attempt++) {
    if (attempt === 100)
      throw new Error(`the link "${link}" is still there 5 s after it was removed: see \`ip link show ${link}\``);
    await sleep(50);
  }
}

/** This machine's end of the link. A namespace that was only half made has none. */
async function outsideLink(namespace: string, ip: Ip): Promise<string | undefined> {
  const inside = await ip("-n", namespace, "-j", "link", "show", insideLink).catch(() => undefined);
  if (inside === undefined) return undefined;
  const peer = linkList.parse(JSON.parse(inside))[0]?.link_index;
  const links = linkList.parse(JSON.parse((await ip("-j", "link", "show", "type", "veth")) || "[]"));
  return links.find((link) => link.ifindex === peer)?.ifname;
}
