import type { PreviewSpec } from "../../../components/manifests/preview.ts";
import type { Violation } from "../../model.ts";
import type { PolicyPack } from "../../policy-pack.ts";

/** What the driver and its workers say to each other, over the channel between them and never on a command line. */
export type ToWorker = { readonly type: "run"; readonly job: Job } | { readonly type: "cancel" };

export type FromWorker =
  News | { readonly type: "done" } | { readonly type: "failed"; readonly message: string; readonly refused: boolean };

/** What a worker tells while a job lasts. */
export type News =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "violation"; readonly violation: Violation }
  /** The update was to make the stack and did not: there is one, or Pulumi here cannot. Nothing was done. */
  | { readonly type: "not made" }
  /** The engine cannot run policy packs; the reason in its words. */
  | { readonly type: "no analyzer"; readonly reason: string };

export type Job = DeployJob | DestroyJob | CheckJob;

export interface StackSettings {
  /** Stack name, `pr-41`. */
  readonly name: string;
  readonly project: string;
  readonly repository: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly timeoutSeconds: number;
}

/** What the CLI is needed for. */
interface CliSettings extends StackSettings {
  /** Its version, for the Automation API, which would ask for it. */
  readonly cliVersion: string;
}

/** `open`: it is there. `create`: make it first, unless it is there. `update`: the update makes it. */
export type StackOrigin = "open" | "create" | "update";

export interface DeployJob extends CliSettings {
  readonly kind: "deploy";
  readonly spec: PreviewSpec;
  readonly stack: StackOrigin;
  /** Compare what earlier runs made of the stack with the cluster first. */
  readonly refresh: boolean;
  readonly adopt: boolean;
  readonly policy: JobPolicy | undefined;
}

export interface JobPolicy {
  readonly pack: PolicyPack;
  /** Have the engine run it too. */
  readonly inEngine: boolean;
}

/** Whether a policy pack lets a preview be, whatever is to make it. Touches nothing. */
export interface CheckJob extends StackSettings {
  readonly kind: "check";
  readonly spec: PreviewSpec;
  readonly pack: PolicyPack;
}

export interface DestroyJob extends CliSettings {
  readonly kind: "destroy";
  /** An earlier run may have left operations pending: look for what they made first. */
  readonly careful: boolean;
}
