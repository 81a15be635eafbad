export const MAX_HOST_LENGTH = 253;

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const DNS_NAME = new RegExp(`^${LABEL}$`);
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const DURATION = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;

/** A name that every Kubernetes kind accepts: a lower-case DNS label of at most 63 characters. */
export function isDnsName(text: string): boolean {
  return DNS_NAME.test(text);
}

/** A lower-case host name without a wildcard or a port. */
export function isHostName(text: string): boolean {
  return text.length <= MAX_HOST_LENGTH && HOST_NAME.test(text);
}

/** A duration as Flux writes it: `90s`, `1h30m`. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}
