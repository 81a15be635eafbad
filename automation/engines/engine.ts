import type { PreviewSpec } from "../../components/manifests/preview.ts";
import type { Violation } from "../model.ts";

/** What realises previews. One implementation per engine. */
export interface Engine {
  /** Something will be deployed or destroyed soon, so many at once: what takes time to start may start now. */
  prepare(atOnce: number): void;
  /**
   * `deploy` finds out by itself whether the preview has a stack, whatever it is told, so that nobody needs to look at all stacks
   * before. Such a look takes long.
   */
  readonly findsStacks: boolean;
  /** Names of all stacks, or of what the engine has in their place, previews' or not. */
  stacks(signal: AbortSignal): Promise<readonly string[]>;
  /** Repository a stack was made for; undefined when it does not say. */
  repositoryOf(stack: string, signal: AbortSignal): Promise<string | undefined>;
  /** Makes the preview what the spec says. Rejects with a {@link PreviewError}. */
  deploy(request: DeployRequest, run: DeployRun): Promise<void>;
  /** Removes the preview and then its stack. Rejects with a {@link PreviewError}. */
  destroy(request: DestroyRequest, run: Run): Promise<void>;
  /** Leaves the preview's objects alone from now on, so that another engine can take them over. May be done twice. */
  yield(name: string, run: Run): Promise<void>;
  /** Lets go of a preview that another engine has taken over: its objects stay, the stack goes. May be done twice. */
  forget(name: string, run: Run): Promise<void>;
  /** Ends what the engine keeps running. */
  close(): Promise<void>;
  /** Blots the engine's secrets out of a text. */
  readonly redact: (text: string) => string;
}

export interface DeployRequest {
  readonly name: string;
  readonly spec: PreviewSpec;
  /** The preview has a stack already, as far as is known. */
  readonly exists: boolean;
  /** Compare the stack's state with the cluster first. */
  readonly refresh: boolean;
  /** Take over objects of the preview that are there already and that its stack does not know; they are known to be ours. */
  readonly adopt: boolean;
  /** Default: nothing is passed on. */
  readonly about?: AboutPullRequest;
}

/** What of a pull request shapes nothing, and is passed on for people. */
export interface AboutPullRequest {
  readonly author: string;
  readonly title: string;
  readonly labels: readonly string[];
}

export interface DestroyRequest {
  readonly name: string;
  /** The last run may not have ended well: find what it may have made without noting it. */
  readonly careful: boolean;
}

export interface Run {
  readonly signal: AbortSignal;
  /** Told in a few words what is being done. */
  readonly progress: (text: string) => void;
}

export interface DeployRun extends Run {
  /** Told everything that the policy pack finds. */
  readonly violation?: (violation: Violation) => void;
  /** Told what is no preview's own, once in a run. */
  readonly note?: (text: string) => void;
}

/** One preview's failure, in words for people: no argument vectors, no secrets. */
export class PreviewError extends Error {
  override readonly name = "PreviewError";
}

/** Rules of the policy pack forbid the preview. Nothing of it was touched. */
export class PolicyRefusal extends PreviewError {}
