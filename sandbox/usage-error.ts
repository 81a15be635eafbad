/** A mistake of the user, or a machine the sandbox cannot run on: the message says what to do, and there is no stack to see. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
