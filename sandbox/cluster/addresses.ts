/** Where everything of one instance answers: a /24 of its own, on a veth pair between this machine and the sandbox. */
export interface Addresses {
  /** The end on the machine's side, named for the subnet so that the kernel itself refuses to hand it out twice. */
  readonly link: string;
  readonly subnet: string;
  readonly outside: string;
  /** The address of the API server, the registry and the git host. */
  readonly inside: string;
  /** Given to Services of type LoadBalancer, in order; the first one is the gateway's. */
  readonly loadBalancers: readonly string[];
}

const loadBalancerHosts = Array.from({ length: 20 }, (_, index) => 100 + index);

export function addressesOf(subnet: number): Addresses {
  const host = (part: number): string => `10.201.${subnet}.${part}`;
  return {
    link: `preview-${subnet}`,
    subnet: `${host(0)}/24`,
    outside: host(1),
    inside: host(2),
    loadBalancers: loadBalancerHosts.map(host),
  };
}

/** The subnets no route of this machine reaches into, lowest first. */
export function freeSubnets(routes: readonly string[]): number[] {
  const taken = routes.map(range);
  return Array.from({ length: 256 }, (_, subnet) => subnet).filter((subnet) => {
    const [first, last] = range(addressesOf(subnet).subnet);
    return taken.every(([from, to]) => to < first || last < from);
  });
}

/** First and last address of a destination as `ip route` prints it. A default route ("default") takes nothing. */
function range(destination: string): readonly [number, number] {
  const [address = "", length = "32"] = destination.split("/");
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || length === "0") return [-1, -1];
  const size = 2 ** (32 - Number(length));
  const first = parts.reduce((number, part) => number * 256 + part, 0);
  return [first, first + size - 1];
}

export const clusterNetwork = {
  services: "10.96.0.0/16",
  dns: "10.96.0.10",
  pods: "10.244.0.0/16",
  nodePods: "10.244.0.0/24",
} as const;
