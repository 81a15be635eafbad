export const exitCodes = { converged: 0, previewFailed: 1, usage: 2, brake: 3, interrupted: 130 } as const;

/** An error whose message is all a user needs: shown without a stack trace, with the exit code it stands for. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, { exitCode, cause }: { readonly exitCode: number; readonly cause?: unknown }) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "UserError";
    this.exitCode = exitCode;
  }
}
