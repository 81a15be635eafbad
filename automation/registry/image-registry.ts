import type { ImageState } from "../model.ts";

export type { ImageState } from "../model.ts";

/** What the driver asks of a container registry. */
export interface ImageRegistry {
  /** The state of an image such as `ghcr.io/acme/app:0123`. Rejects only when the signal ends it. */
  state(reference: string, signal: AbortSignal): Promise<ImageState>;
}
