import type { Rule } from "./complete-args";
import { oneOf, rules } from "./rules";

/** A port of this machine that leads to a port of a node. */
export interface ClusterPortMapping {
  /** Port of the node, such as a NodePort. */
  containerPort: number;
  /** Port of this machine. */
  hostPort: number;
  /** Address of this machine it listens at. Default: `127.0.0.1`. */
  listenAddress?: string;
  /** `TCP`, `UDP` or `SCTP`. Default: `TCP`. */
  protocol?: string;
}

const keys: Readonly<Record<string, Rule>> = {
  containerPort: rules.port,
  hostPort: rules.port,
  listenAddress: rules.nonEmpty,
  protocol: oneOf(["TCP", "UDP", "SCTP"]),
};

/** A list of ports of this machine that lead to ports of a node. */
export const portMappings: Rule = {
  allowed:
    'a list, each item such as {"containerPort":30080,"hostPort":8080}, with listenAddress and protocol where needed',
  accepts: (value) => Array.isArray(value) && value.every(isMapping),
};

function isMapping(value: unknown): boolean {
  if (!rules.object.accepts(value)) return false;
  const mapping = value;
  return (
    "containerPort" in mapping &&
    "hostPort" in mapping &&
    Object.entries(mapping).every(([key, each]) => each === undefined || keys[key]?.accepts(each) === true)
  );
}
