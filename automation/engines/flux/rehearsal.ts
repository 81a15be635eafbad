import { admissionProblems } from "../../../components/manifests/preview-set-problems.ts";
import type { About } from "../../../components/manifests/preview-set.ts";
import type { PreviewSetSpec } from "../../../components/manifests/preview-set-spec.ts";
import { previewObjects, type PreviewObjects, type PreviewSpec } from "../../../components/manifests/preview.ts";
import type { KubernetesApi } from "../../cluster/kubernetes-api.ts";
import { ProblemsError } from "../../problem.ts";

export interface RehearsalOptions {
  readonly set: PreviewSetSpec;
  readonly spec: PreviewSpec;
  readonly about: About;
  readonly signal: AbortSignal;
}

/** Why a preview may not be published: with it in the set, everybody's would be held up. Undefined: it may. */
export async function rehearse(
  api: KubernetesApi,
  { set, spec, about, signal }: RehearsalOptions,
): Promise<string | undefined> {
  const problems = admissionProblems(set, spec, about);
  if (problems.length > 0) return problems.join("; ");
  for (const { path, object } of rehearsed(previewObjects(spec))) {
    const { kind, metadata } = object;
    try {
      await api.apply(path, object, { signal, dryRun: true });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProblemsError)) throw error;
      return `${kind} "${metadata.name}": ${error.problems.map(({ text }) => text).join("; ")}`;
    }
  }
  return undefined;
}

type Rehearsal = { readonly path: string; readonly object: PreviewObjects[keyof PreviewObjects] };

/**
 * Where to ask the API server whether it would take a preview's objects. Those of the workload namespace, which may not be
 * there yet, are asked about in the control namespace. PURE.
 */
export function rehearsed(objects: PreviewObjects): readonly Rehearsal[] {
  const { namespace: control } = objects.serviceAccount.metadata;
  return (Object.keys(plurals) as (keyof PreviewObjects)[]).map((role) => {
    const object = objects[role];
    const { apiVersion, metadata } = object;
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    if (metadata.namespace === undefined) return { path: `${root}/${plurals[role]}/${metadata.name}`, object };
    const path = `${root}/namespaces/${String(control)}/${plurals[role]}/${metadata.name}`;
    return { path, object: { ...object, metadata: { ...metadata, namespace: control } } as typeof object };
  });
}

const plurals: Readonly<Record<keyof PreviewObjects, string>> = {
  namespace: "namespaces",
  quota: "resourcequotas",
  limitRange: "limitranges",
  networkPolicy: "networkpolicies",
  role: "roles",
  roleBinding: "rolebindings",
  serviceAccount: "serviceaccounts",
  gitRepository: "gitrepositories",
  helmRelease: "helmreleases",
};
