import { LABEL_PREFIX, MANAGED_BY, previewName } from "../../components/manifests/preview.ts";
import type { Receipt } from "../model.ts";
import { wrongSetting } from "../problem.ts";
import type { Cluster, ClusterPreview } from "./cluster.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { KubernetesApi } from "./kubernetes-api.ts";
import type { Conditioned, ListAnswer, Pod } from "./objects.ts";
import { clusterPreview, clusterPreviews } from "./observed.ts";
import { notReadyReason } from "./reason.ts";

export interface KubernetesClusterOptions {
  readonly kubeconfig: Kubeconfig;
  readonly controlNamespace: string;
  readonly engine: string;
}

/** The cluster behind a kubeconfig. */
export function kubernetesCluster({ kubeconfig, controlNamespace, engine }: KubernetesClusterOptions): Cluster {
  const api = new KubernetesApi(kubeconfig);
  const labels = `app.kubernetes.io/managed-by=${MANAGED_BY},${LABEL_PREFIX}/engine=${engine}`;
  const selector = `?labelSelector=${encodeURIComponent(labels)}`;
  const releases = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${controlNamespace}/helmreleases`;
  const sources = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${controlNamespace}/gitrepositories`;

  const one = async (path: string, signal: AbortSignal) => (await api.get(path, signal)) as Conditioned | undefined;

  async function list(path: string, signal: AbortSignal): Promise<readonly Conditioned[]> {
    const answer = (await api.get(path + selector, signal)) as ListAnswer<Conditioned> | undefined;
    if (answer) return answer.items ?? [];
    const text = `the cluster at ${kubeconfig.server} has no Flux (no kind HelmRelease); bring up the platform first`;
    throw wrongSetting("kubernetes.kubeconfig", text);
  }

  async function previews(signal: AbortSignal): Promise<readonly ClusterPreview[]> {
    return clusterPreviews(...(await Promise.all([list("/api/v1/namespaces", signal), list(releases, signal)])));
  }

  async function preview(number: number, signal: AbortSignal): Promise<ClusterPreview> {
    const name = previewName(number);
    const found = await Promise.all([one(`/api/v1/namespaces/${name}`, signal), one(`${releases}/${name}`, signal)]);
    return clusterPreview(number, ...found);
  }

  /** A GitRepository is named for its commit, too: a preview's are known by their label. */
  async function sourcesOf(name: string, signal: AbortSignal): Promise<readonly Conditioned[]> {
    const own = `?labelSelector=${encodeURIComponent(`${labels},${LABEL_PREFIX}/preview=${name}`)}`;
    return ((await api.get(sources + own, signal)) as ListAnswer<Conditioned> | undefined)?.items ?? [];
  }

  async function reason(number: number, signal: AbortSignal): Promise<string | undefined> {
    const name = previewName(number);
    const [commits, release, pods] = await Promise.all([
      sourcesOf(name, signal),
      one(`${releases}/${name}`, signal),
      api.get(`/api/v1/namespaces/${name}/pods`, signal),
    ]);
    return notReadyReason({
      name,
      sources: commits,
      release,
      pods: (pods as ListAnswer<Pod> | undefined)?.items ?? [],
    });
  }

  async function receipt(number: number, signal: AbortSignal): Promise<Receipt> {
    const name = previewName(number);
    const named = async (path: string) => [await one(path, signal)].filter((object) => object !== undefined);
    const looks = [
      [`HelmRelease ${controlNamespace}/${name}`, named(`${releases}/${name}`)],
      [`GitRepository ${controlNamespace}/${name}`, sourcesOf(name, signal)],
      [
        `ServiceAccount ${controlNamespace}/${name}`,
        named(`/api/v1/namespaces/${controlNamespace}/serviceaccounts/${name}`),
      ],
      [`Namespace ${name}`, named(`/api/v1/namespaces/${name}`)],
    ] as const;
    const found = await Promise.all(looks.map(async ([label, objects]) => ({ label, objects: await objects })));
    return {
      removed: found.filter(({ objects }) => objects.length === 0).map(({ label }) => label),
      remains: found.flatMap(({ label, objects }) => objects.map((object) => label + holder(object))),
    };
  }

  return { previews, preview, reason, receipt };
}

/** Who keeps an object that is being deleted. */
function holder({ metadata }: Conditioned): string {
  if (metadata?.deletionTimestamp === undefined) return "";
  const finalizers = metadata.finalizers?.join(", ");
  return finalizers ? ` (waits for the finalizer ${finalizers})` : " (is being deleted)";
}
