/** What every rendered object carries: names and labels are decided here, never by the API server. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** A Kubernetes object as plain data. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** An object of a kind that Kubernetes learns from a CustomResourceDefinition. */
export interface CustomObject extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
}
