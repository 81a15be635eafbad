import type { Line } from "../../../sandbox/line.ts";
import type { RunOptions } from "../run-options.ts";

export interface FluxBenchOptions extends RunOptions {
  /** Fake nodes also where the pods would fit. */
  readonly fakeNodes?: boolean;
}

/** A sandbox of its own with the platform, N labelled pull requests and no preview. */
export interface FluxWorld {
  readonly line: Line;
  /** Takes what a way to make previews leaves on the way. */
  readonly folder: string;
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
}
