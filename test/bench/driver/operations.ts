import { LABEL_PREFIX, previewName, specHash, type PreviewSpec } from "../../../components/manifests/preview.ts";
import { figure, timed, turns } from "../measure.ts";
import { commit, counts, specOf, type Bench } from "./bench-world.ts";
import type { Counts, OperationFigures } from "./report.ts";
import { naive } from "./ways/naive.ts";
import { RawPulumi } from "./ways/raw.ts";

export type OperationName = "create" | "update" | "destroy";
const operationNames = ["create", "update", "destroy"] as const;

/** One preview's life in one of the ways, step by step. What is not the step itself is not in its time. */
interface Life {
  readonly step: (operation: OperationName) => Promise<Taken>;
}

interface Taken {
  readonly ms: number;
  /** For what only the way by hand needs: a command for the stack alone. */
  readonly stackMs?: number;
}

type Way = "job" | "command" | "raw" | "naive";
type Measured = Record<Way, Record<OperationName, (Taken & Counts)[]>>;

/**
 * Creates, updates and destroys one preview at a time: by a job in a warm worker, by `previews sync`, by hand with the
 * Pulumi CLI, and in the naive way. One way's preview is gone before the next way makes its own.
 */
export async function operations(bench: Bench): Promise<Readonly<Record<OperationName, OperationFigures>>> {
  const lives = await openWays(bench);
  const ways = Object.keys(lives) as Way[];
  const measured = Object.fromEntries(
    ways.map((way) => [way, { create: [], update: [], destroy: [] }]),
  ) as unknown as Measured;
  let number = 1000;
  // The first life of each is for the machine's caches, and for the worker to be warm.
  for (const [round, way] of turns(ways, bench.runs + 1).flatMap((order, index) =>
    order.map((one) => [index, one] as const),
  )) {
    bench.tell(`create, update, destroy: ${way}, ${round === 0 ? "not counted" : `${round} of ${bench.runs}`}`);
    const life = await lives[way](number++);
    for (const operation of operationNames) {
      bench.signal.throwIfAborted();
      await bench.world.footprint();
      const taken = await life.step(operation);
      if (round > 0) measured[way][operation].push({ ...taken, ...(await counts(bench)) });
    }
  }
  return Object.fromEntries(operationNames.map((operation) => [operation, figures(measured, operation)])) as Record<
    OperationName,
    OperationFigures
  >;
}

function figures(measured: Measured, operation: OperationName): OperationFigures {
  const of = (way: Way) => measured[way][operation];
  const times = (way: Way) => figure(of(way).map(({ ms }) => ms));
  const most = (way: Way, count: keyof Counts) => Math.max(...of(way).map((one) => one[count]));
  const raw = times("raw");
  return {
    ...times("job"),
    processes: most("job", "pulumi"),
    rawMs: raw.ms,
    rawRange: raw.range,
    rawStackMs: figure(of("raw").map(({ stackMs = 0 }) => stackMs)).ms,
    command: {
      ...times("command"),
      processes: most("command", "pulumi"),
      githubRequests: most("command", "githubRequests"),
      githubWrites: most("command", "githubWrites"),
      kubernetesRequests: most("command", "kubernetesRequests"),
    },
    naive: { ...times("naive"), processes: most("naive", "pulumi") },
  };
}

async function openWays(bench: Bench): Promise<Record<Way, (number: number) => Promise<Life>>> {
  const raw = await RawPulumi.open(bench);
  return {
    job: (number) => Promise.resolve(jobLife(bench, number)),
    command: (number) => commandLife(bench, number),
    raw: (number) => Promise.resolve(rawLife(bench, raw, number)),
    naive: (number) => Promise.resolve(naiveLife(bench, number)),
  };
}

function jobLife(bench: Bench, number: number): Life {
  const { engine } = bench.ports;
  const run = { signal: bench.signal, progress: () => undefined };
  const deploy = (version: number, exists: boolean) => {
    const spec = specOf(bench, number, commit(number, version));
    return engine.deploy({ name: previewName(spec), spec, exists, refresh: false, adopt: false }, run);
  };
  const steps: Record<OperationName, () => Promise<void>> = {
    create: () => deploy(1, false),
    update: () => deploy(2, true),
    destroy: () => engine.destroy({ name: previewName({ number }), careful: false }, run),
  };
  return { step: async (operation) => ({ ms: await timed(steps[operation]) }) };
}

async function commandLife(bench: Bench, asked: number): Promise<Life> {
  const { world } = bench;
  const branch = `change-${asked}`;
  let number = 0;
  const prepare: Record<OperationName, () => Promise<unknown>> = {
    create: async () => (number = await world.open(branch)),
    update: () => world.push(branch),
    destroy: () => world.close(number),
  };
  // A look at the stacks that only the first of all syncs takes belongs to no operation.
  await bench.sync();
  return {
    step: async (operation) => {
      await prepare[operation]();
      await world.footprint();
      return { ms: await timed(() => bench.sync()) };
    },
  };
}

function rawLife(bench: Bench, raw: RawPulumi, number: number): Life {
  const name = previewName({ number });
  const up = async (version: number): Promise<Taken> => {
    const spec = specOf(bench, number, commit(number, version));
    const stackMs = version === 1 ? await timed(() => raw.initStack(name)) : 0;
    await raw.configure(name, spec);
    const ms = await timed(() => raw.up(name));
    await expectPreview(bench, spec);
    return { ms, stackMs };
  };
  const steps: Record<OperationName, () => Promise<Taken>> = {
    create: () => up(1),
    update: () => up(2),
    destroy: async () => {
      const ms = await timed(() => raw.destroy(name));
      return { ms, stackMs: await timed(() => raw.removeStack(name)) };
    },
  };
  return { step: (operation) => steps[operation]() };
}

/** What is compared must be the same. */
async function expectPreview({ kubernetes, config }: Bench, spec: PreviewSpec): Promise<void> {
  const name = previewName(spec);
  const path = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${config.controlNamespace}/helmreleases/${name}`;
  const release = (await kubernetes.send("GET", path)) as
    { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } } | undefined;
  const { [`${LABEL_PREFIX}/spec-hash`]: hash, [`${LABEL_PREFIX}/head-sha`]: sha } =
    release?.metadata?.annotations ?? {};
  if (hash === specHash(spec) && sha === spec.sha) return;
  throw new Error(`"${name}" made by hand is another preview than the driver's: ${String(hash)} at ${String(sha)}`);
}

function naiveLife(bench: Bench, number: number): Life {
  const run = async (action: "up" | "destroy", version: number): Promise<Taken> => {
    const spec = specOf(bench, number, commit(number, version));
    return { ms: await timed(() => naive(bench, { action, previews: [{ name: previewName(spec), spec }] })) };
  };
  const steps: Record<OperationName, () => Promise<Taken>> = {
    create: () => run("up", 1),
    update: () => run("up", 2),
    destroy: () => run("destroy", 2),
  };
  return { step: (operation) => steps[operation]() };
}
