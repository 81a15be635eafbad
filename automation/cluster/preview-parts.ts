import { LABEL_PREFIX } from "../../components/manifests/preview.ts";
import type { MetadataPatch } from "./engine-traces.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { KubernetesApi } from "./kubernetes-api.ts";
import type { Conditioned, ListAnswer, Metadata } from "./objects.ts";

export interface PreviewPartsOptions {
  readonly kubeconfig: Kubeconfig;
  readonly controlNamespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An object of a preview, and where it is. */
interface Part {
  readonly path: string;
  readonly metadata: Metadata;
}

/** What is to change of an object's metadata; undefined: nothing. */
type PatchOf = (metadata: Metadata) => MetadataPatch | undefined;

const ATTEMPTS = 10;

/** The objects that a preview consists of, its chart's own excepted, whichever engine made them. */
export class PreviewParts {
  readonly #api: KubernetesApi;
  readonly #controlNamespace: string;

  constructor({ kubeconfig, controlNamespace, env }: PreviewPartsOptions) {
    this.#api = new KubernetesApi(kubeconfig, { ...env });
    this.#controlNamespace = controlNamespace;
  }

  /** Changes the metadata of each object that needs it, the release's last: as long as it says so, the work is not done. */
  async patch(name: string, patchOf: PatchOf, signal: AbortSignal): Promise<void> {
    for (const part of await this.#list(name, signal)) await this.#patchOne(part, patchOf, signal);
  }

  async #list(name: string, signal: AbortSignal): Promise<readonly Part[]> {
    const namespacePath = `/api/v1/namespaces/${name}`;
    const folders = foldersOf(name, this.#controlNamespace);
    const selector = `?labelSelector=${encodeURIComponent(`${LABEL_PREFIX}/preview=${name}`)}`;
    const [namespace, ...lists] = (await Promise.all([
      this.#api.get(namespacePath, signal),
      ...folders.map((folder) => this.#api.get(folder + selector, signal)),
    ])) as readonly [Conditioned | undefined, ...(ListAnswer<Conditioned> | undefined)[]];
    return [
      ...(namespace === undefined ? [] : [{ path: namespacePath, metadata: namespace.metadata ?? {} }]),
      ...folders.flatMap((folder, index) =>
        (lists[index]?.items ?? []).map(({ metadata = {} }) => ({
          path: `${folder}/${metadata.name ?? ""}`,
          metadata,
        })),
      ),
    ];
  }

  async #patchOne({ path, metadata: seen }: Part, patchOf: PatchOf, signal: AbortSignal): Promise<void> {
    let metadata = seen;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const patch = patchOf(metadata);
      if (patch === undefined) return;
      const { resourceVersion } = metadata;
      if ((await this.#api.merge(path, { metadata: { ...patch, resourceVersion } }, signal)) === "gone") return;
      // There may be more to do, and a controller that has written its status in between makes it necessary again.
      const again = (await this.#api.get(path, signal)) as Conditioned | undefined;
      if (again === undefined) return;
      metadata = again.metadata ?? {};
    }
    throw new Error(`"${path}" changes all the time; ${ATTEMPTS} attempts to patch it were in vain`);
  }
}

/** Where a preview's objects are. The release comes last. */
function foldersOf(name: string, controlNamespace: string): readonly string[] {
  const group = (version: string, namespace: string) => `/apis/${version}/namespaces/${namespace}`;
  return [
    `/api/v1/namespaces/${name}/resourcequotas`,
    `/api/v1/namespaces/${name}/limitranges`,
    `${group("networking.k8s.io/v1", name)}/networkpolicies`,
    `${group("rbac.authorization.k8s.io/v1", name)}/roles`,
    `${group("rbac.authorization.k8s.io/v1", name)}/rolebindings`,
    `/api/v1/namespaces/${controlNamespace}/serviceaccounts`,
    `${group("source.toolkit.fluxcd.io/v1", controlNamespace)}/gitrepositories`,
    `${group("helm.toolkit.fluxcd.io/v2", controlNamespace)}/helmreleases`,
  ];
}
