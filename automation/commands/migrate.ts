import pLimit from "p-limit";
import { appsOf } from "../apps.ts";
import { untilAnswered, untilReady } from "../carry-out.ts";
import type { Engine, Run } from "../engines/engine.ts";
import { migrated, planMigration, type Move, type Moved } from "../migration.ts";
import type { EngineName } from "../model.ts";
import { previewSpec, routeOf } from "../preview-spec.ts";
import { allOrProblems } from "../problem.ts";
import { parsePreviewName } from "../../components/manifests/preview.ts";
import { migrationJson, migrationTable, type MigrationOutcome } from "../report/migration-report.ts";
import { readEach } from "../sync.ts";
import { exitCodes } from "../user-error.ts";
import type { CommandContext, CommandResult } from "./command.ts";

export interface MigrateOptions {
  /** The engine that is moved to: it is the context's. */
  readonly to: EngineName;
  /** The one that is moved from. */
  readonly from: Engine;
  /** Pull requests whose previews are moved; empty: all. */
  readonly numbers: readonly number[];
  readonly dryRun: boolean;
}

/**
 * `previews migrate --to flux|automation [N…]`: hands running previews from one engine to the other. Their objects stay
 * what they are, so they answer all the while. Broken off at any point, running it again completes it.
 */
export async function migrateCommand(context: CommandContext, options: MigrateOptions): Promise<CommandResult> {
  const moves = await decideMoves(context, options);
  const outcomes = options.dryRun ? moves.map(planned) : await carryOutMoves(moves, context, options);
  const interrupted = context.signal.aborted;
  const report = { to: options.to, outcomes, dryRun: options.dryRun, interrupted };
  const failed = outcomes.some(({ ok }) => !ok);
  return {
    exitCode: interrupted ? exitCodes.interrupted : failed ? exitCodes.previewFailed : exitCodes.converged,
    text: () => migrationTable(report, context.paint),
    json: migrationJson(report),
  };
}

async function decideMoves(
  { config, ports, signal }: CommandContext,
  { to, from, numbers }: MigrateOptions,
): Promise<readonly Move[]> {
  const [toStacks, fromStacks, inCluster] = await allOrProblems([
    ports.engine.stacks(signal),
    from.stacks(signal),
    ports.cluster.previews(signal),
  ]);
  const wanted = ({ number }: { readonly number: number }) => numbers.length === 0 || numbers.includes(number);
  const named = (names: readonly string[]) =>
    new Set(names.filter((name) => wanted(parsePreviewName(name) ?? { number: 0 })));
  const other: EngineName = to === "flux" ? "automation" : "flux";
  const stacks = { [to]: named(toStacks), [other]: named(fromStacks) } as Record<EngineName, Set<string>>;
  const previews = inCluster.filter(wanted);
  const found = migrated({ stacks, previews });
  const readings = await readEach(
    [...new Set(found.map((name) => parsePreviewName(name)?.number ?? 0))],
    ports,
    signal,
  );
  const owners = new Map<string, string | undefined>();
  for (const name of found) {
    // The cluster says whose a preview is; only what has nothing there must be asked for it.
    if (previews.some((preview) => preview.name === name)) continue;
    const engine = stacks[other].has(name) ? from : ports.engine;
    owners.set(name, await engine.repositoryOf(name, signal));
  }
  const apps = appsOf(config).map(({ name }) => name);
  return planMigration({ repository: config.repository, from: other, to, stacks, previews, owners, readings, apps });
}

function planned({ kind, number, name, reason, ...rest }: Move): MigrationOutcome {
  return { number, name, action: kind, reason, ok: !("failed" in rest && rest.failed), ms: 0 };
}

/** Each is a process of Pulumi, for a second or two. */
const STACKS_AT_ONCE = 2;

async function carryOutMoves(
  moves: readonly Move[],
  context: CommandContext,
  options: MigrateOptions,
): Promise<readonly MigrationOutcome[]> {
  const limit = pLimit(context.config.concurrency);
  // Flux Operator lets go of all that is withdrawn in one go, and takes a minute for it: nobody waits in line for that.
  const lettingGo = pLimit(options.to === "automation" ? Number.POSITIVE_INFINITY : STACKS_AT_ONCE);
  return Promise.all(
    moves.map(async (move) => {
      if (move.kind !== "move") return planned(move);
      const started = context.now();
      const url = routeOf(move, context.config).url;
      const result = await attempt(async () => {
        const answered = await limit(() => handOver(move, context, options));
        await lettingGo(() => options.from.forget(move.name, runOf(move, context)));
        return answered;
      }, context);
      const ms = Math.round(context.now() - started);
      const { number, name, reason, sha } = move;
      return { number, name, action: "move", reason, sha, url, ms, ...result } satisfies MigrationOutcome;
    }),
  );
}

/** From here on the new engine has it; the old one only knows of it. */
async function handOver(
  move: Moved,
  context: CommandContext,
  { from, to }: MigrateOptions,
): Promise<{ readonly answered?: boolean }> {
  const { config, ports, signal, now } = context;
  const { name, sha, branch, exists, pullRequest } = move;
  const run = runOf(move, context);
  const app = appsOf(config).find((one) => one.name === move.app);
  if (!app) throw new Error(`${name}: the settings have no app "${String(move.app)}"`);
  signal.throwIfAborted();
  await from.yield(name, run);
  signal.throwIfAborted();
  const shown = { ...pullRequest, head: { ...pullRequest.head, sha, branch } };
  const spec = previewSpec({ ...config, engine: to }, shown, app);
  const { author, title, labels } = pullRequest;
  await ports.engine.deploy(
    { name, spec, exists, refresh: exists, adopt: true, about: { author, title, labels } },
    run,
  );
  if (!move.ready) return {};
  const deadline = now() + config.timeoutSeconds * 1000;
  const isTooLong = () => now() > deadline;
  await untilReady(name, sha, isTooLong, context);
  return untilAnswered(move, sha, isTooLong, context);
}

function runOf({ name }: Moved, { signal, progress }: CommandContext): Run {
  return {
    signal,
    progress: (text) => {
      progress.report(name, text);
    },
  };
}

async function attempt<T extends object>(
  work: () => Promise<T>,
  { signal }: CommandContext,
): Promise<(T & { readonly ok: true }) | { readonly ok: false; readonly error: string }> {
  try {
    return { ...(await work()), ok: true };
  } catch (error) {
    if (signal.aborted) return { ok: false, error: "interrupted; running it again completes it" };
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
