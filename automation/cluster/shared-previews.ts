import type { KubernetesApi } from "./kubernetes-api.ts";
import type { Conditioned } from "./objects.ts";
import { sharedObjects } from "./shared-objects.ts";

/** The two objects by which a preview is known, asked for by all that wait for one. */
export interface SharedPreviews {
  /** Namespace and HelmRelease of the preview of this name, as they are after the question. */
  objectsOf(name: string, signal: AbortSignal): Promise<readonly [Conditioned | undefined, Conditioned | undefined]>;
}

/** One for each run: what is asked of it at about the same time, by whichever part, is answered together. */
export function sharedPreviews(api: Pick<KubernetesApi, "get">, controlNamespace: string): SharedPreviews {
  const namespaces = sharedObjects(api, "/api/v1/namespaces");
  const releases = sharedObjects(api, `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${controlNamespace}/helmreleases`);
  return { objectsOf: (name, signal) => Promise.all([namespaces.get(name, signal), releases.get(name, signal)]) };
}
