/** What the load balancer knows of a Service. */
export interface BalancedService {
  /** "namespace/name" */
  readonly key: string;
  readonly created: string;
  /** It wants an address: its type is LoadBalancer and it is not being deleted. */
  readonly wanted: boolean;
  readonly address: string | undefined;
}

export interface AddressPlan {
  /** Addresses to write into the status of Services. */
  readonly assign: readonly { readonly key: string; readonly address: string }[];
  /** Every address that must answer. */
  readonly serve: readonly string[];
  /** Services for which no address is left. */
  readonly waiting: readonly string[];
}

/** Decides from what is there alone, so that it may be asked again at any time: oldest Service first, lowest address first. */
export function planAddresses(services: readonly BalancedService[], pool: readonly string[]): AddressPlan {
  const assign: { key: string; address: string }[] = [];
  const waiting: string[] = [];
  const held = new Set<string>();
  const without: BalancedService[] = [];
  for (const service of services.filter(({ wanted }) => wanted).toSorted(byAge)) {
    const { address } = service;
    if (address !== undefined && pool.includes(address) && !held.has(address)) held.add(address);
    else without.push(service);
  }
  for (const { key } of without) {
    const address = pool.find((candidate) => !held.has(candidate));
    if (address === undefined) {
      waiting.push(key);
    } else {
      held.add(address);
      assign.push({ key, address });
    }
  }
  return { assign, serve: pool.filter((address) => held.has(address)), waiting };
}

function byAge(a: BalancedService, b: BalancedService): number {
  return a.created.localeCompare(b.created) || a.key.localeCompare(b.key);
}
