export interface RunOptions {
  readonly signal: AbortSignal;
  /** Tells how far it is. */
  readonly tell: (line: string) => void;
}
