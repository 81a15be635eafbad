import { setTimeout as sleep } from "node:timers/promises";
import type { PreviewSetSpec } from "../../../components/manifests/preview-set-spec.ts";
import { PREVIEW_SET_LABEL, RESOURCE_SET, admissionProvider } from "../../../components/manifests/preview-set.ts";
import {
  LABEL_PREFIX,
  MANAGED_BY,
  parsePreviewName,
  specHash,
  type PreviewSpec,
} from "../../../components/manifests/preview.ts";
import type { ClusterPreview } from "../../cluster/cluster.ts";
import { forgettingPatch, unyieldingPatch, yieldingPatch } from "../../cluster/engine-traces.ts";
import type { Kubeconfig } from "../../cluster/kubeconfig.ts";
import { KubernetesApi } from "../../cluster/kubernetes-api.ts";
import type { Conditioned, ListAnswer } from "../../cluster/objects.ts";
import { clusterPreview } from "../../cluster/observed.ts";
import { PreviewParts } from "../../cluster/preview-parts.ts";
import { wrongSetting } from "../../problem.ts";
import { redactor } from "../../redact.ts";
import { driverSecrets } from "../driver-secrets.ts";
import {
  PreviewError,
  type DeployRequest,
  type DeployRun,
  type DestroyRequest,
  type Engine,
  type Run,
} from "../engine.ts";
import { rehearse } from "./rehearsal.ts";
import type { PolicyCheck } from "./policy-check.ts";
import {
  heldObjects,
  isReconciling,
  leavingProblem,
  setFailure,
  setProblem,
  type ResourceSet,
} from "./resource-set.ts";

export interface FluxEngineOptions {
  /** The set that is to render the previews, as the driver was told. */
  readonly set: PreviewSetSpec;
  readonly kubeconfig: Kubeconfig;
  readonly timeoutSeconds: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Refuses what a policy pack forbids; undefined: there is none. */
  readonly policy: PolicyCheck | undefined;
  /** Only to let go of previews. */
  readonly leaving: boolean;
}

interface Provider extends Conditioned {
  readonly spec?: { readonly type?: string };
}

const nobody = { author: "", title: "", labels: [] };

const POLL_MS = 500;
/** For a release whose input is withdrawn Flux Operator waits a minute, though it is to leave it alone; for one withdrawn meanwhile, another. */
const STALE_MS = 180_000;
/** So much earlier than whoever waits for it does the engine give up, to say what it waited for. */
const EARLY_MS = 1000;

/**
 * One input for each admitted preview, from which Flux Operator's ResourceSet renders it in the cluster. Each is a provider
 * of its own: one that is wrong is one that is not published, and the others never move.
 */
export function fluxEngine(options: FluxEngineOptions): Engine {
  const { set, kubeconfig, timeoutSeconds, env, policy, leaving } = options;
  const { controlNamespace } = set.preview;
  const api = new KubernetesApi(kubeconfig, { ...env });
  const parts = new PreviewParts({ kubeconfig, controlNamespace, env });
  const flux = `/apis/${RESOURCE_SET.apiVersion}/namespaces/${controlNamespace}`;
  const setPath = `${flux}/resourcesets/${set.name}`;
  const providers = `${flux}/resourcesetinputproviders`;
  const selector = `app.kubernetes.io/managed-by=${MANAGED_BY},${PREVIEW_SET_LABEL}=${set.name}`;
  const owners = new Map<string, string | undefined>();

  let lastLook: { readonly at: number; readonly answer: Promise<ResourceSet | undefined> } | undefined;

  /** With many previews it is a large object, and all that wait for it ask: an answer serves those who ask soon after. */
  async function resourceSet(signal: AbortSignal): Promise<ResourceSet | undefined> {
    if (lastLook !== undefined && Date.now() - lastLook.at < POLL_MS) {
      const shared = await lastLook.answer.catch(() => "failed" as const);
      if (shared !== "failed") return shared;
      // Whoever asked may have been interrupted, which is no concern of ours.
    }
    const answer = api.get(setPath, signal) as Promise<ResourceSet | undefined>;
    lastLook = { at: Date.now(), answer };
    return answer;
  }

  /** Rejects unless the ResourceSet renders what the driver means, or can be left. */
  async function checkSet(signal: AbortSignal): Promise<void> {
    const found = await resourceSet(signal);
    const problem = leaving ? leavingProblem(found, set) : setProblem(found, set);
    if (problem !== undefined) throw wrongSetting("engine", problem);
  }

  async function stacks(signal: AbortSignal): Promise<readonly string[]> {
    const query = `?labelSelector=${encodeURIComponent(selector)}`;
    const [answer] = await Promise.all([api.get(providers + query, signal), checkSet(signal)]);
    // Beside the driver's own there may be one that asks `previews serve-inputs`.
    const items = ((answer as ListAnswer<Provider> | undefined)?.items ?? []).filter(
      ({ spec }) => spec?.type === "Static",
    );
    for (const { metadata } of items) {
      owners.set(metadata?.name ?? "", metadata?.annotations?.[`${LABEL_PREFIX}/repository`]);
    }
    return items.map(({ metadata }) => metadata?.name ?? "");
  }

  async function look(name: string, signal: AbortSignal): Promise<ClusterPreview> {
    const identity = parsePreviewName(name);
    if (!identity) throw new Error(`"${name}" is no preview's name`);
    const [namespace, release] = await Promise.all([
      api.get(`/api/v1/namespaces/${name}`, signal),
      api.get(`/apis/helm.toolkit.fluxcd.io/v2/namespaces/${controlNamespace}/helmreleases/${name}`, signal),
    ]);
    return clusterPreview(identity, namespace as Conditioned | undefined, release as Conditioned | undefined, "flux");
  }

  /** Asks again and again until it is so, and gives up with what was in the way last. */
  async function until(
    { signal, progress }: Run,
    missing: () => Promise<string | undefined>,
    patienceMs = timeoutSeconds * 1000 - EARLY_MS,
  ): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const why = await missing();
      if (why === undefined) return;
      if (Date.now() > deadline) {
        throw new PreviewError(`Flux Operator did not do its part within ${Math.round(patienceMs / 1000)} s: ${why}`);
      }
      progress(`waiting for Flux Operator: ${why}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async function deploy({ name, spec, adopt, about = nobody }: DeployRequest, run: DeployRun): Promise<void> {
    const { signal, progress } = run;
    await policy?.check(name, spec, run);
    progress("checking its input");
    const problem = await rehearse(api, { set, spec, about, signal });
    if (problem !== undefined) {
      throw new PreviewError(`the input of pull request ${spec.number} is not published: ${problem}`);
    }
    await until(run, async () => {
      const { namespace } = await look(name, signal);
      return namespace?.terminating ? "its namespace is still being deleted" : undefined;
    });
    if (adopt) await parts.patch(name, unyieldingPatch, signal);
    progress("publishing its input");
    await api.apply(`${providers}/${name}`, admissionProvider(set, spec, about), { signal });
    await until(run, () => unrendered(name, spec, signal));
    if (adopt) await renew(run);
  }

  /** Has everything applied once more: an input that was there already says nothing new, and what it renders to may differ. */
  async function renew(run: Run): Promise<void> {
    const { signal } = run;
    const requested = new Date().toISOString();
    const annotations = { "reconcile.fluxcd.io/requestedAt": requested };
    await api.merge(setPath, { metadata: { annotations } }, signal);
    await until(run, async () => {
      const found = await resourceSet(signal);
      // Another preview's request may have come after ours.
      if ((found?.status?.lastHandledReconcileAt ?? "") < requested) return "it has not looked again yet";
      return isReconciling(found) ? "it is at it" : setFailure(found);
    });
  }

  /** What of a preview is not yet as its input says; undefined: nothing. */
  async function unrendered(name: string, spec: PreviewSpec, signal: AbortSignal): Promise<string | undefined> {
    const { release, otherEngine } = await look(name, signal);
    if (release?.sha === spec.sha && release.specHash === specHash(spec) && otherEngine === undefined) {
      const held = heldObjects(await resourceSet(signal), name);
      if (held.some((object) => object.startsWith("HelmRelease "))) return undefined;
    }
    return setFailure(await resourceSet(signal)) ?? "it has not rendered the input yet";
  }

  async function letGo(name: string, run: Run, patienceMs?: number): Promise<void> {
    const { signal, progress } = run;
    progress("withdrawing its input");
    await api.delete(`${providers}/${name}`, signal);
    const held = async () => {
      const [provider, found] = await Promise.all([api.get(`${providers}/${name}`, signal), resourceSet(signal)]);
      if (provider !== undefined) return "the input is still there";
      const objects = heldObjects(found, name);
      return objects.length === 0 ? undefined : (setFailure(found) ?? `it still holds ${objects.join(", ")}`);
    };
    await until(run, held, patienceMs);
  }

  return {
    prepare: () => undefined,
    stacks,
    repositoryOf: (stack) => Promise.resolve(owners.get(stack)),
    deploy,
    destroy: ({ name }: DestroyRequest, run) => letGo(name, run),
    async yield(name, { signal, progress }) {
      progress("having Flux Operator leave it alone");
      await parts.patch(name, yieldingPatch, signal);
    },
    async forget(name, run) {
      await letGo(name, run, timeoutSeconds * 1000 + STALE_MS);
      await parts.patch(name, (metadata) => forgettingPatch(metadata, "flux"), run.signal);
    },
    close: () => policy?.close() ?? Promise.resolve(),
    redact: redactor(driverSecrets({ kubeconfig, env })),
  };
}
