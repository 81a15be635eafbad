import type { Figure } from "../measure.ts";
import type { PeakMemory } from "../process-memory.ts";

/** What `npm run bench -- driver` found out. What was not asked for is missing. */
export interface DriverReport {
  readonly machine: Machine;
  readonly startup?: StartupFigures;
  readonly idle?: readonly IdleFigures[];
  readonly memory?: MemoryFigures;
  readonly create?: OperationFigures;
  readonly update?: OperationFigures;
  readonly destroy?: OperationFigures;
  readonly contention?: ContentionFigures;
  readonly profile?: readonly Profile[];
  readonly url?: UrlFigures;
  readonly parallel?: ParallelFigures;
}

export interface Machine {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly node: string;
  readonly pulumi: string;
  readonly runs: number;
  readonly at: string;
  /** Load average of the last minute, before and after: what else the machine was busy with, and this itself. */
  readonly load: readonly [before: number, after: number];
}

/** A command, and Node.js with nothing but the packages that it cannot do without. */
export interface StartupFigure extends Figure {
  readonly importsMs: number;
  readonly imports: readonly string[];
}

export interface StartupFigures {
  /** `node -e 0` */
  readonly node: Figure;
  /** `previews --help` */
  readonly help: StartupFigure;
  /** `previews sync` with nothing to do, ten pull requests. */
  readonly sync: StartupFigure;
}

/** `previews sync` as a whole command, with nothing to do. Counts are the highest of all runs. */
export interface IdleFigures extends Figure {
  readonly n: number;
  readonly pulumiProcesses: number;
  readonly githubRequests: number;
  readonly githubNotModified: number;
  readonly githubWrites: number;
  readonly kubernetesRequests: number;
  /** `createOrSelectStack` and `up` for each pull request, in one program. */
  readonly naiveMs: number;
  /** Not measured, but ten of them multiplied. */
  readonly naiveExtrapolated: boolean;
  readonly naivePulumiProcesses: number;
  /** The same with a look at the stacks, as a driver takes once an hour. */
  readonly full: Figure & { readonly pulumiProcesses: number; readonly kubernetesRequests: number };
}

/** A driver that lives on and syncs again and again with nothing to do, ten pull requests. */
export interface MemoryFigures extends Figure {
  readonly syncs: number;
  readonly samples: readonly MemorySample[];
}

export interface MemorySample {
  readonly syncs: number;
  /** JavaScript's heap after a garbage collection. */
  readonly heapMb: number;
  readonly rssMb: number;
}

/** One preview. `ms` is the driver's job in a worker that is warm; what it is compared with are whole commands. */
export interface OperationFigures extends Figure {
  /** Runs of the Pulumi CLI in the job. The highest of all runs. */
  readonly processes: number;
  /** `pulumi up --skip-preview`, or `pulumi destroy`. */
  readonly rawMs: number;
  readonly rawRange: Figure["range"];
  /** What comes on top by hand: `pulumi stack init`, or `pulumi stack rm`. */
  readonly rawStackMs: number;
  /** `previews sync` as a whole command, GitHub and feedback included. */
  readonly command: Figure & Omit<Counts, "pulumi"> & { readonly processes: number };
  /** A program with `createOrSelectStack` and `up` (or `destroy` and `removeStack`), as a whole. */
  readonly naive: Figure & { readonly processes: number };
}

export interface Counts {
  readonly pulumi: number;
  readonly githubRequests: number;
  readonly githubWrites: number;
  readonly kubernetesRequests: number;
}

/**
 * `previews sync` that creates many previews at once, with as many workers as there are by default, and with one. What plays Flux
 * needs no time: whatever is waited for is the driver's and Pulumi's own.
 */
export interface ContentionFigures extends Figure {
  readonly n: number;
  readonly concurrency: number;
  readonly serialMs: number;
  readonly serialRange: Figure["range"];
  /** `createOrSelectStack` and `up` for each, in one program. */
  readonly naiveMs: number;
  readonly naivePulumiProcesses: number;
  /** Of the driver and all it starts. */
  readonly peakRssMb: number;
  readonly peakProcesses: number;
  readonly serialPeakRssMb: number;
  /** The same for destroying them. */
  readonly destroy: { readonly ms: number; readonly serialMs: number };
}

/** Where the time of one operation goes: what happened, in order, from its start. */
export interface Profile {
  readonly name: string;
  readonly totalMs: number;
  readonly events: readonly ProfileEvent[];
}

export interface ProfileEvent {
  readonly ms: number;
  /** How long it took, for what has an end. */
  readonly tookMs?: number;
  readonly what: string;
}

/** In the sandbox: from the start of `previews sync` to the URL that answers, and the same objects by kubectl. */
export interface UrlFigures extends Figure {
  readonly kubectlMs: number;
  readonly kubectlRange: Figure["range"];
  readonly differenceMs: number;
}

/**
 * `previews sync` that creates many previews at once on a whole cluster, until the last one's URL answers, with as many workers as there
 * are by default, and with one. One run of each.
 */
export interface ParallelFigures {
  readonly n: number;
  readonly concurrency: number;
  readonly ms: number;
  readonly serialMs: number;
  /** Of the driver and all it starts. */
  readonly peakRssMb: number;
  readonly peakProcesses: number;
  readonly serialPeakRssMb: number;
}

export type { Figure, PeakMemory };
