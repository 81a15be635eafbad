import type { ControlObject, NamespaceState, Receipt, ReleaseState } from "../model.ts";

/** What of a preview is in the cluster. */
export interface ClusterPreview {
  readonly number: number;
  readonly app: string | undefined;
  readonly name: string;
  readonly repository: string | undefined;
  readonly namespace: NamespaceState | undefined;
  readonly release: ReleaseState | undefined;
  /** The engine that holds it, where that is not the one asked about. */
  readonly otherEngine?: string;
}

/** What the driver asks of the cluster. A preview is asked for by its name, such as `pr-41`. */
export interface Cluster {
  /** Every preview that has a namespace or a release in the cluster, in two requests. */
  previews(signal: AbortSignal): Promise<readonly ClusterPreview[]>;
  /** Every other object of a preview in the control namespace, in two requests. */
  controlObjects(signal: AbortSignal): Promise<readonly ControlObject[]>;
  preview(name: string, signal: AbortSignal): Promise<ClusterPreview>;
  /** Whether a namespace of this name is there that was not made for the preview: its labels do not say so. */
  isTaken(name: string, signal: AbortSignal): Promise<boolean>;
  /** The plainest reason the cluster gives for a preview not being Ready; undefined when it gives none. */
  reason(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** The last lines of the containers of a preview that failed; undefined when none did. */
  logs(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** Which of the preview's main objects are gone and which remain, and why. */
  receipt(name: string, signal: AbortSignal): Promise<Receipt>;
  /**
   * Deletes what is left of a preview that has no stack: its release first and completely, then the rest. Takes no
   * finalizer off, and stops at what does not go within the time-out.
   */
  remove(name: string, options: RemoveOptions): Promise<void>;
  /** The address at which the gateway answers; undefined: it has none. */
  gatewayAddress(signal: AbortSignal): Promise<string | undefined>;
}

export interface RemoveOptions {
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
  /** Told in a few words what is being done. */
  readonly progress: (text: string) => void;
}
