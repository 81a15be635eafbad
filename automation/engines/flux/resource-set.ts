import type { PreviewSetSpec } from "../../../components/manifests/preview-set-spec.ts";
import {
  PREVIEW_SET_LABEL,
  SETTINGS_HASH_ANNOTATION,
  settingsHash,
} from "../../../components/manifests/preview-set.ts";
import { condition, type Conditioned } from "../../cluster/objects.ts";

/** The fields that are read of the ResourceSet which renders the previews. */
export interface ResourceSet extends Conditioned {
  readonly spec?: { readonly inputsFrom?: readonly InputsFrom[] };
  readonly status?: NonNullable<Conditioned["status"]> & {
    /** The request that it has answered last. */
    readonly lastHandledReconcileAt?: string;
    readonly inventory?: { readonly entries?: readonly { readonly id?: string }[] };
  };
}

interface InputsFrom {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

/** Why what the driver publishes would not become the previews it means; undefined: it would. PURE. */
export function setProblem(set: ResourceSet | undefined, expected: PreviewSetSpec): string | undefined {
  const cure = 'bring up the platform with previews of the engine "flux" and the source "admission"';
  if (!set) return `the cluster has no ${nameOf(expected)}; ${cure}`;
  if (!takesInputs(set, expected))
    return `the ${nameOf(expected)} does not take its pull requests from the driver; ${cure}`;
  if (set.metadata?.annotations?.[SETTINGS_HASH_ANNOTATION] === settingsHash(expected)) return undefined;
  return (
    `the ${nameOf(expected)} was made from other settings than the driver's; give the platform and previews.yaml the same ` +
    "controlNamespace, source, chart, route, podSecurity and quota, and the same version of this product"
  );
}

/** Why the driver cannot take previews away from the set; undefined: it can. PURE. */
export function leavingProblem(set: ResourceSet | undefined, expected: PreviewSetSpec): string | undefined {
  if (!set || takesInputs(set, expected)) return undefined;
  return (
    `the ${nameOf(expected)} reads GitHub itself, and what it finds no driver can withdraw; ` +
    'bring up the platform with the source "admission" first'
  );
}

function nameOf({ name, preview }: PreviewSetSpec): string {
  return `ResourceSet "${preview.controlNamespace}/${name}"`;
}

function takesInputs(set: ResourceSet, { name }: PreviewSetSpec): boolean {
  return (set.spec?.inputsFrom ?? []).some((from) => takes(from, name));
}

function takes({ selector }: InputsFrom, name: string): boolean {
  return selector?.matchLabels?.[PREVIEW_SET_LABEL] === name;
}

/** Asks Flux Operator to look again; its value is a time. */
export const REQUESTED_ANNOTATION = "reconcile.fluxcd.io/requestedAt";

/**
 * What has become of a request to look again, by its time. `lost`: an older one came after it, and so in its place. Answered is
 * one, too, of which a later one is. PURE.
 */
export function requestState(set: ResourceSet | undefined, requested: string): "answered" | "pending" | "lost" {
  if ((set?.status?.lastHandledReconcileAt ?? "") >= requested) return "answered";
  return (set?.metadata?.annotations?.[REQUESTED_ANNOTATION] ?? "") < requested ? "lost" : "pending";
}

/** What keeps Flux Operator from making the previews what their inputs say, in its words; undefined: nothing known. PURE. */
export function setFailure(set: ResourceSet | undefined): string | undefined {
  const ready = set && condition(set, "Ready");
  if (ready?.status !== "False") return undefined;
  return [ready.reason, ready.message].filter((text) => text !== undefined && text !== "").join(": ");
}

/** It is being worked on. PURE. */
export function isReconciling(set: ResourceSet | undefined): boolean {
  return set !== undefined && condition(set, "Ready")?.status === "Unknown";
}

/** The objects of one preview that the ResourceSet holds in its inventory: `HelmRelease app-preview/pr-41`. */
export function heldObjects(set: ResourceSet | undefined, name: string): readonly string[] {
  if (set === undefined) return [];
  const known = heldBefore.get(set);
  const held = known ?? heldByPreview(set);
  if (known === undefined) heldBefore.set(set, held);
  return held.get(name) ?? [];
}

/** All that wait ask of the same answer, which names each object of each of them. */
const heldBefore = new WeakMap<ResourceSet, ReadonlyMap<string, readonly string[]>>();

/** The inventory by preview. PURE. */
function heldByPreview(set: ResourceSet): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, string[]>();
  for (const { id = "" } of set.status?.inventory?.entries ?? []) {
    // <namespace>_<name>_<group>_<kind>
    const [namespace = "", object = "", , kind = ""] = id.split("_");
    const owner = kind === "GitRepository" ? object.replace(/-[0-9a-f]{12}$/, "") : object;
    const text = `${kind} ${namespace === "" ? "" : `${namespace}/`}${object}`;
    for (const preview of new Set([namespace, owner])) {
      const objects = held.get(preview);
      if (objects === undefined) held.set(preview, [text]);
      else objects.push(text);
    }
  }
  return held;
}
