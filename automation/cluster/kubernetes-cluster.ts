import { setTimeout as sleep } from "node:timers/promises";
import { LABEL_PREFIX, MANAGED_BY, parsePreviewName } from "../../components/manifests/preview.ts";
import type { ControlObject, Receipt } from "../model.ts";
import { wrongSetting } from "../problem.ts";
import type { Cluster, ClusterPreview, RemoveOptions } from "./cluster.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { KubernetesApi } from "./kubernetes-api.ts";
import type { Conditioned, Deployment, GatewayObject, ListAnswer, Pod } from "./objects.ts";
import { clusterPreview, clusterPreviews, controlObjects } from "./observed.ts";
import { failedContainers, notReadyReason } from "./reason.ts";
import { sharedObjects } from "./shared-objects.ts";
import type { SharedPreviews } from "./shared-previews.ts";

export interface KubernetesClusterOptions {
  readonly kubeconfig: Kubeconfig;
  readonly controlNamespace: string;
  readonly shared: SharedPreviews;
  readonly engine: string;
  readonly gateway: { readonly name: string; readonly namespace: string };
  readonly env: NodeJS.ProcessEnv;
}

const POLL_MS = 500;
const LOG_LINES = 20;

/** The cluster behind a kubeconfig. */
export function kubernetesCluster(options: KubernetesClusterOptions): Cluster {
  const { kubeconfig, controlNamespace, shared, engine, gateway, env } = options;
  const api = new KubernetesApi(kubeconfig, env);
  const any = `app.kubernetes.io/managed-by=${MANAGED_BY},${LABEL_PREFIX}/engine`;
  const ours = `${any}=${engine}`;
  const namespaces = "/api/v1/namespaces";
  const releases = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${controlNamespace}/helmreleases`;
  const sources = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${controlNamespace}/gitrepositories`;
  const accounts = `${namespaces}/${controlNamespace}/serviceaccounts`;
  const gateways = sharedObjects<GatewayObject>(
    api,
    `/apis/gateway.networking.k8s.io/v1/namespaces/${gateway.namespace}/gateways`,
  );

  const one = async (path: string, signal: AbortSignal) => (await api.get(path, signal)) as Conditioned | undefined;

  async function list(path: string, labels: string, signal: AbortSignal): Promise<readonly Conditioned[]> {
    const answer = await api.get(`${path}?labelSelector=${encodeURIComponent(labels)}`, signal);
    if (answer) return (answer as ListAnswer<Conditioned>).items ?? [];
    const text = `the cluster at ${kubeconfig.server} has no Flux (no kind HelmRelease); bring up the platform first`;
    throw wrongSetting("kubernetes.kubeconfig", text);
  }

  async function previews(signal: AbortSignal): Promise<readonly ClusterPreview[]> {
    // Of every engine: what another one holds must not look as if it were not there.
    const found = await Promise.all([list(namespaces, any, signal), list(releases, any, signal)]);
    return clusterPreviews(...found, engine);
  }

  async function rest(signal: AbortSignal): Promise<readonly ControlObject[]> {
    const found = await Promise.all([list(sources, ours, signal), list(accounts, ours, signal)]);
    return [...controlObjects("GitRepository", found[0]), ...controlObjects("ServiceAccount", found[1])];
  }

  async function preview(name: string, signal: AbortSignal): Promise<ClusterPreview> {
    const identity = parsePreviewName(name);
    if (!identity) throw new Error(`"${name}" is no preview's name`);
    return clusterPreview(identity, ...(await shared.objectsOf(name, signal)), engine);
  }

  async function isTaken(name: string, signal: AbortSignal): Promise<boolean> {
    const namespace = await one(`${namespaces}/${name}`, signal);
    return namespace !== undefined && namespace.metadata?.labels?.[`${LABEL_PREFIX}/preview`] !== name;
  }

  /** A GitRepository is named for its commit, too: a preview's are known by their label. */
  async function sourcesOf(name: string, signal: AbortSignal): Promise<readonly Conditioned[]> {
    return list(sources, `${ours},${LABEL_PREFIX}/preview=${name}`, signal);
  }

  async function podsOf(name: string, signal: AbortSignal): Promise<readonly Pod[]> {
    return ((await api.get(`${namespaces}/${name}/pods`, signal)) as ListAnswer<Pod> | undefined)?.items ?? [];
  }

  async function reason(name: string, signal: AbortSignal): Promise<string | undefined> {
    const [commits, release, pods] = await Promise.all([
      sourcesOf(name, signal),
      one(`${releases}/${name}`, signal),
      podsOf(name, signal),
    ]);
    return notReadyReason({ name, sources: commits, release, pods });
  }

  async function logs(name: string, signal: AbortSignal): Promise<string | undefined> {
    const failed = failedContainers(await podsOf(name, signal));
    const texts = await Promise.all(
      failed.map(async ({ pod, container, restarted }) => {
        const query = `container=${container}&tailLines=${LOG_LINES}${restarted ? "&previous=true" : ""}`;
        const text = await api.text(`${namespaces}/${name}/pods/${pod}/log?${query}`, signal);
        return text?.trim() ? `${pod}, ${container}:\n${text.trimEnd()}` : undefined;
      }),
    );
    const found = texts.filter((text) => text !== undefined);
    return found.length === 0 ? undefined : found.join("\n\n");
  }

  async function receipt(name: string, signal: AbortSignal): Promise<Receipt> {
    const named = async (path: string) => [await one(path, signal)].filter((object) => object !== undefined);
    const looks = [
      [`HelmRelease ${controlNamespace}/${name}`, named(`${releases}/${name}`)],
      [`GitRepository ${controlNamespace}/${name}`, sourcesOf(name, signal)],
      [`ServiceAccount ${controlNamespace}/${name}`, named(`${accounts}/${name}`)],
      [`Namespace ${name}`, named(`${namespaces}/${name}`)],
    ] as const;
    const found = await Promise.all(looks.map(async ([label, objects]) => ({ label, objects: await objects })));
    const remains = found.flatMap(({ label, objects }) => objects.map((object) => ({ label, object })));
    return {
      removed: found.filter(({ objects }) => objects.length === 0).map(({ label }) => label),
      remains: await Promise.all(
        remains.map(async ({ label, object }) => label + holder(object, await controllerState(label, object, signal))),
      ),
    };
  }

  /** Whether the controller runs whose finalizer holds an object of Flux; undefined: none does, or it cannot be told. */
  async function controllerState(label: string, object: Conditioned, signal: AbortSignal): Promise<string | undefined> {
    const controller = controllers[label.split(" ")[0] ?? ""];
    if (controller === undefined || !object.metadata?.finalizers?.includes(FLUX_FINALIZER)) return undefined;
    const selector = encodeURIComponent(`app.kubernetes.io/component=${controller}`);
    const answer = await api.get(`/apis/apps/v1/deployments?labelSelector=${selector}`, signal).catch(() => undefined);
    const deployments = (answer as ListAnswer<Deployment> | undefined)?.items;
    if (!deployments) return controller;
    const ready = deployments.some(({ status }) => (status?.readyReplicas ?? 0) > 0);
    return ready ? controller : `${controller}, which is not running`;
  }

  /** Deletes one object if it is ours, and waits until it is gone. */
  async function removeOne(path: string, what: string, options: RemoveOptions): Promise<boolean> {
    const { signal, timeoutSeconds, progress } = options;
    const deadline = Date.now() + timeoutSeconds * 1000;
    const object = await one(path, signal);
    if (!object) return true;
    if (!isOurs(object, engine)) throw new Error(`${what} is not one of ours; it was left alone`);
    progress(`deleting ${what}`);
    await api.delete(path, signal);
    while (await one(path, signal)) {
      if (Date.now() > deadline) return false;
      await sleep(POLL_MS, undefined, { signal });
    }
    return true;
  }

  async function remove(name: string, options: RemoveOptions): Promise<void> {
    const gone = await removeOne(`${releases}/${name}`, `HelmRelease ${name}`, options);
    // Helm's uninstall needs the service account and its rights: nothing else goes before it is done.
    if (!gone) return;
    for (const source of await sourcesOf(name, options.signal)) {
      const { name: commit = "" } = source.metadata ?? {};
      await removeOne(`${sources}/${commit}`, `GitRepository ${commit}`, options);
    }
    await removeOne(`${namespaces}/${name}`, `Namespace ${name}`, options);
    await removeOne(`${accounts}/${name}`, `ServiceAccount ${name}`, options);
  }

  async function gatewayAddress(signal: AbortSignal): Promise<string | undefined> {
    const object = await gateways.get(gateway.name, signal);
    return object?.status?.addresses?.find(({ value }) => value !== undefined)?.value;
  }

  return { previews, controlObjects: rest, preview, isTaken, reason, logs, receipt, remove, gatewayAddress };
}

function isOurs({ metadata }: Conditioned, engine: string): boolean {
  const labels = metadata?.labels ?? {};
  return labels["app.kubernetes.io/managed-by"] === MANAGED_BY && labels[`${LABEL_PREFIX}/engine`] === engine;
}

/** The finalizer of all of Flux's controllers, and whose it is on which kind. */
const FLUX_FINALIZER = "finalizers.fluxcd.io";
const controllers: Readonly<Record<string, string>> = {
  HelmRelease: "helm-controller",
  GitRepository: "source-controller",
};

/** Who keeps an object that is being deleted. */
function holder({ metadata, status }: Conditioned, controller: string | undefined): string {
  if (metadata?.deletionTimestamp === undefined) return "";
  const finalizers = metadata.finalizers?.join(", ");
  const whose = controller === undefined ? "" : ` of ${controller}`;
  if (finalizers) return ` (waits for the finalizer ${finalizers}${whose})`;
  // A namespace says itself what in it does not go.
  const stuck = (status?.conditions ?? []).filter(
    ({ type, status: is }) => type?.startsWith("Namespace") && is === "True",
  );
  const why = stuck.map(({ message }) => message).filter((message) => message !== undefined);
  return why.length === 0 ? " (is being deleted)" : ` (is being deleted: ${why.join("; ")})`;
}
