import { setTimeout as sleep } from "node:timers/promises";
import { kubernetesClient, type WatchEvent } from "./kubernetes-client.ts";

/** Plays Flux: says that its objects are Ready, or why not. Nothing is cloned or installed. */
export interface FluxStandIn {
  /** Releases of these previews are reported as failed, with this message. */
  readonly failing: Map<string, string>;
  /** While true, nothing is reported: objects stay as they are. */
  paused: boolean;
  /** resourceVersion of a preview's HelmRelease: it changes whenever the object does. Undefined: there is none. */
  releaseVersion(name: string): Promise<string | undefined>;
  deleteRelease(name: string): Promise<void>;
  hasSource(name: string): Promise<boolean>;
  hasNamespace(name: string): Promise<boolean>;
  stop(): Promise<void>;
}

interface FluxObject {
  readonly metadata: {
    readonly name: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: unknown;
}

const kinds = [
  { group: "source.toolkit.fluxcd.io", version: "v1", plural: "gitrepositories", kind: "GitRepository" },
  { group: "helm.toolkit.fluxcd.io", version: "v2", plural: "helmreleases", kind: "HelmRelease" },
] as const;
const sources = "/apis/source.toolkit.fluxcd.io/v1/namespaces/app-preview/gitrepositories";
const releases = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/app-preview/helmreleases";

/** Changes are met at once. What the test itself changes here is met this often. */
const LOOK_EVERY_MS = 200;

export async function startFluxStandIn(kubeconfig: string): Promise<FluxStandIn> {
  const { send, watch } = await kubernetesClient(kubeconfig);
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const kind of kinds) await send("POST", definitions, definition(kind));
  await send("POST", "/api/v1/namespaces", { metadata: { name: "app-preview" } });

  const state = { failing: new Map<string, string>(), paused: false };
  const ended = new AbortController();
  const watched = [
    { path: sources, objects: new Map<string, FluxObject>(), failing: new Map<string, string>() },
    { path: releases, objects: new Map<string, FluxObject>(), failing: state.failing },
  ];
  const report = async ({ path, objects, failing }: (typeof watched)[number]) => {
    for (const object of objects.values()) {
      const status = statusOf(object, failing);
      if (JSON.stringify(status) === JSON.stringify(object.status)) continue;
      // An object that changed meanwhile refuses, and is met again in the next round.
      await send("PUT", `${path}/${object.metadata.name}/status`, { ...object, status });
    }
  };
  let changes = 0;
  let wake: () => void = () => undefined;
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const loop = async () => {
    while (!ended.signal.aborted) {
      const met = changes;
      if (!state.paused) for (const kind of watched) await report(kind);
      if (changes === met) await pause();
    }
  };
  const listen = async ({ path, objects }: (typeof watched)[number]) => {
    const heard = ({ type, object }: WatchEvent) => {
      if (type === "ERROR") return;
      const changed = object as FluxObject;
      if (type === "DELETED") objects.delete(changed.metadata.name);
      else objects.set(changed.metadata.name, changed);
      changes++;
      wake();
    };
    while (!ended.signal.aborted) {
      await watch(path, heard, ended.signal);
      await sleep(LOOK_EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      // A new watch tells of all that are there.
      objects.clear();
    }
  };
  const running = Promise.all([loop(), ...watched.map(listen)]);
  const read = async (path: string) => (await send("GET", path)) as FluxObject | undefined;
  return Object.assign(state, {
    releaseVersion: async (name: string) => (await read(`${releases}/${name}`))?.metadata.resourceVersion,
    deleteRelease: async (name: string) => {
      await send("DELETE", `${releases}/${name}`);
    },
    hasSource: async (name: string) => {
      const own = `?labelSelector=${encodeURIComponent(`preview-environments.dev/preview=${name}`)}`;
      const list = (await send("GET", sources + own)) as { readonly items?: readonly FluxObject[] } | undefined;
      return (list?.items ?? []).length > 0;
    },
    hasNamespace: async (name: string) => (await read(`/api/v1/namespaces/${name}`)) !== undefined,
    stop: async () => {
      ended.abort();
      wake();
      await running;
    },
  });
}

function statusOf({ metadata }: FluxObject, failing: ReadonlyMap<string, string>): unknown {
  const message = failing.get(metadata.name);
  const sha = metadata.annotations?.["preview-environments.dev/head-sha"] ?? "";
  return {
    conditions: [
      {
        lastTransitionTime: "2026-01-01T00:00:00Z",
        message: message ?? "ok",
        observedGeneration: metadata.generation,
        reason: message === undefined ? "Succeeded" : "InstallFailed",
        status: message === undefined ? "True" : "False",
        type: "Ready",
      },
    ],
    lastAttemptedRevision: `0.1.0+${sha.slice(0, 12)}`,
    observedGeneration: metadata.generation,
  };
}

function definition({ group, version, plural, kind }: (typeof kinds)[number]): unknown {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } };
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }],
    },
  };
}
