import { at, UNKNOWN } from "./resource";

/** Whether Flux does something about a failed install or upgrade: retries, with or without a roll-back before. */
export function remediates(action: unknown): boolean {
  if (action === UNKNOWN) return true;
  const retries = at(action, "remediation", "retries");
  const strategy = at(action, "strategy", "name");
  // Flux's default is no retry; a negative number is retries without end.
  return retries === UNKNOWN || (typeof retries === "number" && retries !== 0) || strategy === "RetryOnFailure";
}
