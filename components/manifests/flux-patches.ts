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

/** How our Flux differs from the distribution's: images from elsewhere, a more eager helm-controller, then `more`. */
export function fluxPatches(
  components: readonly string[],
  images: Readonly<Record<string, string>>,
  more: readonly FluxPatch[],
): FluxPatch[] {
  return [
    ...Object.entries(images).map(([controller, image]) => imagePatch(controller, image)),
    ...(components.includes("helm-controller") ? [cancelStaleHealthChecks] : []),
    ...more,
  ];
}

/** Flux Operator pins images by digest, which a patch of the finished Deployment overrides. */
function imagePatch(controller: string, image: string): FluxPatch {
  return onDeployment(controller, [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: image }]);
}

/** A push or a close ends helm-controller's wait for a release that will never become ready, instead of sitting it out. */
const cancelStaleHealthChecks = onDeployment("helm-controller", [
  {
    op: "add",
    path: "/spec/template/spec/containers/0/args/-",
    value: "--feature-gates=CancelHealthCheckOnNewRevision=true",
  },
]);

interface JsonPatch {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: string;
}

function onDeployment(name: string, operations: readonly JsonPatch[]): FluxPatch {
  // JSON is YAML.
  return { target: { kind: "Deployment", name }, patch: JSON.stringify(operations) };
}
