import {
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type KubernetesObject,
} from "@kubernetes/client-node";

/** Any object: what tests look at lies in fields that its kind decides. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly finalizers?: string[] | null;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: unknown;
}

/** What other users of the cluster do while Pulumi works, and what they see. */
export interface ClusterObjects {
  create(object: AnyObject): Promise<AnyObject>;
  read(object: AnyObject): Promise<AnyObject | undefined>;
  merge(object: AnyObject, manager?: string): Promise<void>;
  /** Writes the status, as the kind's controller would. */
  setStatus(object: AnyObject, status: unknown): Promise<void>;
  delete(object: AnyObject): Promise<void>;
}

export function clusterObjects(kubeconfig: string): ClusterObjects {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = KubernetesObjectApi.makeApiClient(config);
  return {
    create: async (object) => (await api.create(asGiven(object))) as AnyObject,
    read: async (object) =>
      api
        .read(asGiven(object))
        .then((found) => found as AnyObject)
        .catch((error: unknown) => {
          if ((error as { readonly code?: number }).code === 404) return undefined;
          throw error;
        }),
    merge: async (object, manager) => {
      await api.patch(asGiven(object), undefined, undefined, manager, undefined, PatchStrategy.MergePatch);
    },
    setStatus: (object, status) => patchStatus(config, object, status),
    delete: async (object) => {
      await api.delete(asGiven(object));
    },
  };
}

/** The client's own type knows neither the fields of kinds nor that a merge takes null for "remove". */
const asGiven = (object: AnyObject) => object as unknown as KubernetesObject & { metadata: { name: string } };

async function patchStatus(config: KubeConfig, object: AnyObject, status: unknown): Promise<void> {
  const [group = "", version = ""] = object.apiVersion.split("/");
  await config.makeApiClient(CustomObjectsApi).patchNamespacedCustomObjectStatus(
    {
      group,
      version,
      namespace: object.metadata.namespace ?? "default",
      plural: `${object.kind.toLowerCase()}s`,
      name: object.metadata.name,
      body: { status },
    },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}
