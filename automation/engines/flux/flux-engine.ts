import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
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
import { sharedObjects } from "../../cluster/shared-objects.ts";
import type { SharedPreviews } from "../../cluster/shared-previews.ts";
import { Patience } from "../../patience.ts";
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
  REQUESTED_ANNOTATION,
  heldObjects,
  isReconciling,
  leavingProblem,
  requestState,
  setFailure,
  setProblem,
  type ResourceSet,
} from "./resource-set.ts";

export interface FluxEngineOptions {
  /** The set that is to render the previews, as the driver was told. */
  readonly set: PreviewSetSpec;
  readonly kubeconfig: Kubeconfig;
  readonly shared: SharedPreviews;
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
/**
 * Waiting costs next to nothing, and as many may wait as like; what asks much of the API server is done for so many at once.
 * Who comes first is served first: of those that come together all are tried before the first is published, and then Flux
 * Operator learns of them in one go.
 */
const CHANGES_AT_ONCE = 8;
/** For a release whose input is withdrawn Flux Operator waits a minute, though it is to leave it alone; for one withdrawn meanwhile, another. */
const STALE_MS = 180_000;
/** So much earlier than whoever waits for it does the engine give up, to say what it waited for. */
const EARLY_MS = 1000;

/**
 * One input for each admitted preview, from which Flux Operator's ResourceSet renders it in the cluster. Each is a provider
 * of its own: one that is wrong is one that is not published, and the others never move.
 */
export function fluxEngine(options: FluxEngineOptions): Engine {
  const { set, kubeconfig, shared, timeoutSeconds, env, policy, leaving } = options;
  const { controlNamespace } = set.preview;
  const api = new KubernetesApi(kubeconfig, { ...env });
  const parts = new PreviewParts({ kubeconfig, controlNamespace, env });
  const flux = `/apis/${RESOURCE_SET.apiVersion}/namespaces/${controlNamespace}`;
  const sets = `${flux}/resourcesets`;
  const providers = `${flux}/resourcesetinputproviders`;
  const selector = `app.kubernetes.io/managed-by=${MANAGED_BY},${PREVIEW_SET_LABEL}=${set.name}`;
  const owners = new Map<string, string | undefined>();
  const changing = pLimit(CHANGES_AT_ONCE);
  const inputs = sharedObjects<Provider>(api, providers);
  // With many previews it is a large object, and all that wait ask for it.
  const shownSets = sharedObjects<ResourceSet>(api, sets);
  const resourceSet = (signal: AbortSignal) => shownSets.get(set.name, signal);
  const patience = patienceOf(timeoutSeconds * 1000 - EARLY_MS);

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
    return clusterPreview(identity, ...(await shared.objectsOf(name, signal)), "flux");
  }

  /** Does what changes or tries something, when it is its turn. */
  function inTurn<T>(signal: AbortSignal, change: () => Promise<T>): Promise<T> {
    return changing(() => {
      signal.throwIfAborted();
      return change();
    });
  }

  /** Asks again and again until it is so, and gives up with what was in the way last. */
  async function until(
    { signal, progress }: Run,
    missing: () => Promise<string | undefined>,
    waiting = patience,
  ): Promise<void> {
    const isTooLong = waiting.begin();
    for (;;) {
      const why = await missing();
      if (why === undefined) {
        waiting.done();
        return;
      }
      if (isTooLong()) {
        throw new PreviewError(`Flux Operator did not do its part within ${Math.round(waiting.ms / 1000)} s: ${why}`);
      }
      progress(`waiting for Flux Operator: ${why}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async function deploy({ name, spec, adopt, about = nobody }: DeployRequest, run: DeployRun): Promise<void> {
    const { signal, progress } = run;
    await policy?.check(name, spec, run);
    progress("checking its input");
    const problem = await inTurn(signal, () => rehearse(api, { set, spec, about, signal }));
    if (problem !== undefined) {
      throw new PreviewError(`the input of pull request ${spec.number} is not published: ${problem}`);
    }
    await until(run, async () => {
      const { namespace } = await look(name, signal);
      return namespace?.terminating ? "its namespace is still being deleted" : undefined;
    });
    if (adopt) await inTurn(signal, () => parts.patch(name, unyieldingPatch, signal));
    progress("publishing its input");
    await inTurn(signal, () => api.apply(`${providers}/${name}`, admissionProvider(set, spec, about), { signal }));
    await until(run, () => unrendered(name, spec, signal));
    if (adopt) await renew(run);
  }

  /** Has everything applied once more: an input that was there already says nothing new, and what it renders to may differ. */
  async function renew(run: Run): Promise<void> {
    const { signal } = run;
    const requested = new Date().toISOString();
    const annotations = { [REQUESTED_ANNOTATION]: requested };
    const request = () => api.merge(`${sets}/${set.name}`, { metadata: { annotations } }, signal);
    await request();
    await until(run, async () => {
      const found = await resourceSet(signal);
      const state = requestState(found, requested);
      // Previews that move at once ask at once, and not always in the order of their times.
      if (state === "lost") await request();
      if (state !== "answered") return "it has not looked again yet";
      return isReconciling(found) ? "it is at it" : setFailure(found);
    });
  }

  /** What of a preview is not yet as its input says; undefined: nothing. */
  async function unrendered(name: string, spec: PreviewSpec, signal: AbortSignal): Promise<string | undefined> {
    const [{ release, otherEngine }, found] = await Promise.all([look(name, signal), resourceSet(signal)]);
    if (release?.sha === spec.sha && release.specHash === specHash(spec) && otherEngine === undefined) {
      if (heldObjects(found, name).some((object) => object.startsWith("HelmRelease "))) return undefined;
    }
    return setFailure(found) ?? "it has not rendered the input yet";
  }

  async function letGo(name: string, run: Run, waiting?: Patience): Promise<void> {
    const { signal, progress } = run;
    progress("withdrawing its input");
    await inTurn(signal, () => api.delete(`${providers}/${name}`, signal));
    const held = async () => {
      const [input, found] = await Promise.all([inputs.get(name, signal), resourceSet(signal)]);
      if (input !== undefined) return "the input is still there";
      const objects = heldObjects(found, name);
      return objects.length === 0 ? undefined : (setFailure(found) ?? `it still holds ${objects.join(", ")}`);
    };
    await until(run, held, waiting);
  }

  return {
    prepare: () => undefined,
    // To look at all inputs is one request.
    findsStacks: false,
    stacks,
    repositoryOf: (stack) => Promise.resolve(owners.get(stack)),
    deploy,
    destroy: ({ name }: DestroyRequest, run) => letGo(name, run),
    async yield(name, { signal, progress }) {
      progress("having Flux Operator leave it alone");
      await parts.patch(name, yieldingPatch, signal);
    },
    async forget(name, run) {
      await letGo(name, run, patienceOf(timeoutSeconds * 1000 + STALE_MS));
      await parts.patch(name, (metadata) => forgettingPatch(metadata, "flux"), run.signal);
    },
    close: () => policy?.close() ?? Promise.resolve(),
    redact: redactor(driverSecrets({ kubeconfig, env })),
  };
}

function patienceOf(ms: number): Patience {
  return new Patience({ ms, now: () => Date.now(), inLine: true });
}
