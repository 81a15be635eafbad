import type { Deployment, Stack } from "@pulumi/pulumi/automation/index.js";

interface State {
  readonly resources?: readonly StateResource[];
  readonly pending_operations?: readonly PendingOperation[];
}

interface PendingOperation {
  readonly type: string;
  readonly resource: StateResource;
}

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: { readonly metadata?: { readonly name?: string; readonly namespace?: string } };
  readonly outputs?: unknown;
}

/**
 * A run that was killed while it created an object leaves a state that does not know whether the object exists. Makes
 * the next refresh look for it. Tells whether there was any such object; without one it changes nothing.
 */
export async function adoptPendingCreates(stack: Stack): Promise<boolean> {
  const exported = await stack.exportStack();
  const adopted = withPendingCreatesAdopted(exported);
  if (adopted === undefined) return false;
  await stack.importStack(adopted);
  return true;
}

/**
 * Takes the Kubernetes objects of pending creates into the state: a refresh reads each by its id, which is its namespace
 * and name, and drops it if it does not exist. (`pulumi refresh --import-pending-creates` means to do this, and forgets
 * them instead.) Undefined: there are none.
 */
export function withPendingCreatesAdopted(exported: Deployment): Deployment | undefined {
  const state = (exported.deployment ?? {}) as State;
  const { resources = [], pending_operations: pending = [] } = state;
  const creates = pending.filter(({ type }) => type === "creating").map(({ resource }) => resource);
  if (creates.length === 0) return undefined;
  const known = new Set(resources.map(({ urn }) => urn));
  const deployment: State = {
    ...state,
    resources: [...resources, ...creates.filter(({ urn }) => !known.has(urn)).flatMap(adopted)],
    pending_operations: pending.filter(({ type }) => type !== "creating"),
  };
  return { ...exported, deployment };
}

function adopted(resource: StateResource): StateResource[] {
  const { name, namespace } = resource.inputs?.metadata ?? {};
  if (name === undefined || !resource.type.startsWith("kubernetes:")) return [];
  return [{ ...resource, id: namespace === undefined ? name : `${namespace}/${name}`, outputs: resource.inputs }];
}
