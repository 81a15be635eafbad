/** A kustomize patch as FluxInstance takes it. */
export interface FluxPatch {
  /** Strategic merge or JSON 6902 patch, as YAML. */
  patch: string;
  /** What it applies to. */
  target?: FluxPatchTarget;
}

/** What a patch applies to: everything that matches all that is given. */
export interface FluxPatchTarget {
  /** Kind of the objects, such as `Deployment`. */
  kind?: string;
  /** Name of the object. */
  name?: string;
  /** Namespace of the objects. */
  namespace?: string;
  /** Labels of the objects, as `kubectl -l` takes them. */
  labelSelector?: string;
}

/** How our Flux differs from the distribution's: images from elsewhere, more eager controllers, then `more`. */
export function fluxPatches(
  components: readonly string[],
  images: Readonly<Record<string, string>>,
  more: readonly FluxPatch[],
): FluxPatch[] {
  return [
    ...Object.entries(images).map(([controller, image]) => imagePatch(controller, image)),
    ...components.flatMap(argumentPatches),
    ...more,
  ];
}

/** Flux Operator pins images by digest, which a patch of the finished Deployment overrides. */
function imagePatch(controller: string, image: string): FluxPatch {
  return onDeployment(controller, [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: image }]);
}

/** A push or a close ends helm-controller's wait for a release that will never become ready, instead of sitting it out. */
const cancelStaleHealthChecks = "--feature-gates=CancelHealthCheckOnNewRevision=true";

/**
 * A controller marks a new object, and comes back to it after the shortest delay of a retry: 0.75 s by default, for source,
 * release and chart each. What fails is retried thrice more, then as seldom as before: each delay is twice the last.
 */
const comeBackSoon = "--min-retry-delay=100ms";

const ownArguments: Readonly<Record<string, readonly string[]>> = {
  "source-controller": [comeBackSoon],
  "helm-controller": [cancelStaleHealthChecks, comeBackSoon],
};

function argumentPatches(controller: string): FluxPatch[] {
  const path = "/spec/template/spec/containers/0/args/-";
  return (ownArguments[controller] ?? []).map((value) => onDeployment(controller, [{ op: "add", path, value }]));
}

interface JsonPatch {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: string;
}

function onDeployment(name: string, operations: readonly JsonPatch[]): FluxPatch {
  // JSON is YAML.
  return { target: { kind: "Deployment", name }, patch: JSON.stringify(operations) };
}
