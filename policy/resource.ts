import { isWithin } from "./property-path";

/** What a value is that is not known yet, as many are in a preview. No rule finds fault with it. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** One resource, as a program registers it or as a stack holds it. Plain data. */
export interface Resource {
  /** Type token, such as `kubernetes:core/v1:Namespace`. */
  readonly type: string;
  readonly name: string;
  /** `urn:pulumi:<stack>::<project>::<types of its parents and itself, by "$">::<name>` */
  readonly urn: string;
  /** Inputs, or where a whole stack is looked at its outputs. Secrets lie open. */
  readonly props: Readonly<Record<string, unknown>>;
  /** Whether Pulumi refuses to delete it. */
  readonly protect: boolean;
  /** Which of the properties are secret. Undefined: nobody knows. */
  readonly secretPaths: readonly string[] | undefined;
}

/** A program's resources, or a stack's, with the stack itself among them. */
export interface Program {
  readonly resources: readonly Resource[];
  /** The stack's configuration. Undefined: nobody knows. */
  readonly config?: ProgramConfig;
}

export interface ProgramConfig {
  /** Values by their full key, such as `preview-environments:host`. */
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

/** Whether the property at a path is a secret, or part of one. */
export function isSecret(resource: Resource, path: string): boolean {
  return resource.secretPaths?.some((secret) => isWithin(path, secret)) ?? false;
}

/** Type of the stack itself, whose properties at the end are its outputs. */
export const STACK = "pulumi:pulumi:Stack";

/** How people know a resource: `Deployment "pr-41/app"`, or type and name where it is no Kubernetes object. */
export function describeResource({ type, name, props }: Resource): string {
  if (type === STACK) return `stack "${name}"`;
  const object = kubernetesObject({ type, props });
  if (object?.name === undefined) return `${type} "${name}"`;
  return `${object.kind} "${object.namespace === undefined ? "" : `${object.namespace}/`}${object.name}"`;
}

/** What tells one Kubernetes object from another. Undefined is left out or not known yet. */
export interface ObjectIdentity {
  readonly group: string;
  readonly kind: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, unknown>>;
}

/** The Kubernetes object a resource stands for, if it does. */
export function kubernetesObject({ type, props }: Pick<Resource, "type" | "props">): ObjectIdentity | undefined {
  const { kind, apiVersion } = props;
  if (!type.startsWith("kubernetes:") || typeof kind !== "string" || typeof apiVersion !== "string") return undefined;
  const labels = at(props, "metadata", "labels");
  return {
    group: apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "",
    kind,
    name: textOf(at(props, "metadata", "name")),
    namespace: textOf(at(props, "metadata", "namespace")),
    labels: isObject(labels) ? labels : {},
  };
}

/** Whether a resource is a Kubernetes object of a group and one of the kinds. */
export function isKind(resource: Resource, group: string, ...kinds: readonly string[]): boolean {
  const object = kubernetesObject(resource);
  return object?.group === group && kinds.includes(object.kind);
}

/** What lies at a path; {@link UNKNOWN} below what is not known yet, undefined where there is nothing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || value === UNKNOWN) return value;
  return isObject(value) ? at(value[key], ...rest) : undefined;
}

/** A list as it is; nothing for everything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
