export const MAX_HOST_LENGTH = 253;

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const DNS_NAME = new RegExp(`^${LABEL}$`);
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const DURATION = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
const UNPRINTABLE = /[\u007f-\u0084\u0086-\u009f\ud800-\udfff\ufffe\uffff]/gu;

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

/** Whether Go's YAML parser takes the text. Flux Operator writes every object as YAML, and stops at one it cannot. */
export function isPrintable(text: string): boolean {
  return printable(text) === text;
}

/** A text with a replacement character for each that Go's YAML parser refuses. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "\ufffd");
}
