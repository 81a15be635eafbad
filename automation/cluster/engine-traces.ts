import type { EngineName } from "../model.ts";
import type { ManagedFields, Metadata } from "./objects.ts";

/** What Flux Operator puts on the objects of a ResourceSet: whose they are. */
const SET = "resourceset.fluxcd.controlplane.io/";
/** Of what a set's releases tell the notification controller. */
const EVENTS = "event.toolkit.fluxcd.io/";

/** With these in the cluster it leaves an object alone: it neither applies nor deletes it. */
const yielded: Readonly<Record<string, string>> = {
  "fluxcd.controlplane.io/reconcile": "disabled",
  "fluxcd.controlplane.io/prune": "disabled",
};

/** A merge patch of an object's metadata: null takes away. */
export interface MetadataPatch {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly managedFields?: readonly ManagedFields[];
}

/** Flux Operator has been told to leave it alone, since another engine takes it over. */
export function isYielded({ annotations = {} }: Metadata): boolean {
  return Object.keys(yielded).some((key) => annotations[key] === "disabled");
}

/** It is, or was until it was handed over, an object of a ResourceSet. */
export function isFluxOperators({ labels = {} }: Metadata): boolean {
  return labels[`${SET}name`] !== undefined;
}

/**
 * Has Flux Operator leave an object alone, and then its fields to whoever sets them next: two steps, since the first makes
 * us one of those who set its fields, and there must be one. Undefined: it is so. PURE.
 */
export function yieldingPatch(metadata: Metadata): MetadataPatch | undefined {
  const { annotations = {} } = metadata;
  const done = Object.entries(yielded).every(([key, value]) => annotations[key] === value);
  return done ? withoutManagers(metadata, "flux") : { annotations: yielded };
}

/** Takes off an object what keeps Flux Operator from applying it. Undefined: nothing does. PURE. */
export function unyieldingPatch({ annotations = {} }: Metadata): MetadataPatch | undefined {
  const taken = nulls(Object.keys(yielded).filter((key) => annotations[key] !== undefined));
  return taken === undefined ? undefined : { annotations: taken };
}

/** Takes off an object whatever tells of an engine that does not hold it any more. Undefined: nothing does. PURE. */
export function forgettingPatch(metadata: Metadata, engine: EngineName): MetadataPatch | undefined {
  const { labels = {}, annotations = {} } = metadata;
  const isTrace = (key: string) =>
    engine === "flux" ? key in yielded || key.startsWith(SET) || key.startsWith(EVENTS) : key.startsWith("pulumi.com/");
  const patch = {
    ...optional("labels", nulls(Object.keys(labels).filter(isTrace))),
    ...optional("annotations", nulls(Object.keys(annotations).filter(isTrace))),
    ...withoutManagers(metadata, engine),
  };
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** A field that two programs have set stays when one of them leaves it out: so what an engine has set is no longer its. */
function withoutManagers(
  { managedFields = [] }: Metadata,
  engine: EngineName,
): Pick<MetadataPatch, "managedFields"> | undefined {
  const isTrace = ({ manager = "" }: ManagedFields) =>
    engine === "flux" ? manager === "flux-operator" : manager.startsWith("pulumi");
  const kept = managedFields.filter((one) => !isTrace(one));
  // With none left, the API server would take all fields for those of a "before-first-apply", whom an apply conflicts with.
  return kept.length === managedFields.length || kept.length === 0 ? undefined : { managedFields: kept };
}

function nulls(keys: readonly string[]): Readonly<Record<string, null>> | undefined {
  return keys.length === 0 ? undefined : Object.fromEntries(keys.map((key) => [key, null]));
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
