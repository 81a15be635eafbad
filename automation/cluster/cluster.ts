import type { NamespaceState, Receipt, ReleaseState } from "../model.ts";

/** What of a preview is in the cluster. */
export interface ClusterPreview {
  readonly number: number;
  readonly name: string;
  readonly repository: string | undefined;
  readonly namespace: NamespaceState | undefined;
  readonly release: ReleaseState | undefined;
}

/** What the driver asks of the cluster. It only ever reads. */
export interface Cluster {
  /** Every preview that has objects in the cluster, in two requests. */
  previews(signal: AbortSignal): Promise<readonly ClusterPreview[]>;
  preview(number: number, signal: AbortSignal): Promise<ClusterPreview>;
  /** The plainest reason the cluster gives for a preview not being Ready; undefined when it gives none. */
  reason(number: number, signal: AbortSignal): Promise<string | undefined>;
  /** Which of the preview's main objects are gone and which remain. */
  receipt(number: number, signal: AbortSignal): Promise<Receipt>;
}
