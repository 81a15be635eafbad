import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A custom resource whose status the program reads. The provider gives it back for every object; CustomResource drops it. */
export class ObservedResource<Status> extends k8s.apiextensions.CustomResource {
  /** What the cluster reports, as of the end of the last update; undefined if it reports nothing. */
  declare public readonly status: pulumi.Output<Status | undefined>;

  constructor(name: string, args: k8s.apiextensions.CustomResourceArgs, opts?: pulumi.CustomResourceOptions) {
    // A key without a value is not an input, but makes an output property of that name.
    super(name, { ...args, status: undefined }, opts);
  }
}
