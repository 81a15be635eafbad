import * as pulumi from "@pulumi/pulumi";

/** As much of a Gateway's status as we read. */
export interface GatewayStatus {
  readonly addresses?: readonly { readonly value: string }[];
}

/** The first address of a Gateway; an error that says what to look at if it has none. */
export function gatewayAddress(gateway: string, status: GatewayStatus | undefined): string {
  const address = status?.addresses?.[0]?.value;
  if (address !== undefined) return address;
  throw new pulumi.RunError(
    `Gateway "${gateway}" has no address: does the cluster give addresses to Services of type LoadBalancer?`,
  );
}
