import type { PreviewSpec } from "../../components/manifests/preview.ts";

/** What realises previews. One implementation per engine. */
export interface Engine {
  /** Names of all stacks, previews' or not. */
  stacks(signal: AbortSignal): Promise<readonly string[]>;
  /** Repository a stack was made for; undefined when it does not say. */
  repositoryOf(stack: string, signal: AbortSignal): Promise<string | undefined>;
  /** Makes the preview what the spec says. Rejects with a {@link PreviewError}. */
  deploy(request: DeployRequest, run: Run): Promise<void>;
  /** Removes the preview and then its stack. Rejects with a {@link PreviewError}. */
  destroy(name: string, run: Run): Promise<void>;
  /** Ends what the engine keeps running. */
  close(): Promise<void>;
}

export interface DeployRequest {
  readonly name: string;
  readonly spec: PreviewSpec;
  /** The preview has a stack already. */
  readonly exists: boolean;
  /** Compare the stack's state with the cluster first. */
  readonly refresh: boolean;
}

export interface Run {
  readonly signal: AbortSignal;
  /** Told in a few words what is being done. */
  readonly progress: (text: string) => void;
}

/** One preview's failure, in words for people: no argument vectors, no secrets. */
export class PreviewError extends Error {
  override readonly name = "PreviewError";
}
