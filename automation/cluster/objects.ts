/** The fields the driver reads of what the API server answers. Everything may be missing in a half-made object. */
export interface ListAnswer<T> {
  readonly items?: readonly T[];
}

export interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
  readonly managedFields?: readonly ManagedFields[];
}

/** Which fields a program has set: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
export interface ManagedFields {
  readonly manager?: string;
  readonly subresource?: string;
}

export interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

export interface Conditioned {
  readonly metadata?: Metadata;
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly lastAttemptedRevision?: string;
    readonly failures?: number;
  };
}

export interface Deployment {
  readonly status?: { readonly readyReplicas?: number };
}

export interface GatewayObject {
  readonly metadata?: Metadata;
  readonly status?: { readonly addresses?: readonly { readonly value?: string }[] };
}

export interface Pod {
  readonly metadata?: Metadata;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name?: string;
  readonly restartCount?: number;
  readonly ready?: boolean;
  readonly state?: {
    readonly running?: object;
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

export function condition(object: Conditioned, type: string): Condition | undefined {
  return object.status?.conditions?.find((candidate) => candidate.type === type);
}
