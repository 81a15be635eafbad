import { writeFile } from "node:fs/promises";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { sandboxObstacle } from "../support/machine.ts";
import { driverBench, parts, sandboxParts, type Part } from "./driver/driver-bench.ts";
import { tables } from "./driver/tables.ts";
import { fluxBench } from "./flux/flux-bench.ts";
import { fluxTables } from "./flux/tables.ts";
import { ways, type Way } from "./flux/ways.ts";

interface Flags {
  readonly report?: string;
  readonly runs: number;
  readonly only?: readonly Part[];
  readonly sizes: readonly number[];
  readonly json?: boolean;
}

interface FluxFlags {
  readonly report?: string;
  readonly n: readonly number[];
  readonly only: readonly Way[];
  readonly fakeNodes?: boolean;
  readonly json?: boolean;
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (!interrupted.signal.aborted) tell("interrupted: ending what was started");
    interrupted.abort(new Error(`interrupted by ${signal}`));
  });
}

const program = new Command("bench").description("measurements against the naive way, on this machine").exitOverride();
program
  .command("driver")
  .description("the driver: what a sync with nothing to do costs, and what one preview and many at once cost")
  .option("--report <file>", "write the figures as JSON as well")
  .option("--runs <count>", "runs of what is short; the middle one counts", wholeNumber, 5)
  .option("--only <parts>", `some of it: ${parts.join(",")}; ${sandboxParts.join(" and ")} need root`, someParts)
  .option("--sizes <counts>", "numbers of open pull requests with nothing to do", sizes, [10, 100, 1000])
  .option("--json", "print JSON instead of tables")
  .action(async ({ report: file, runs, only = whatCanBe(), sizes: counts, json }: Flags) => {
    const report = await driverBench({
      runs,
      only: new Set(only),
      sizes: counts,
      signal: interrupted.signal,
      tell,
    });
    const text = JSON.stringify(report, undefined, 2);
    if (file !== undefined) await writeFile(file, `${text}\n`);
    process.stdout.write(`${json ? text : tables(report)}\n`);
  });

program
  .command("flux")
  .description("both engines side by side: many pull requests at once, each in a sandbox of its own; needs root")
  .option("--report <file>", "write the figures as JSON as well")
  .option("--n <counts>", "numbers of open pull requests", sizes, [50, 200, 500])
  .option("--fake-nodes", "pods on fake nodes, also where they would fit")
  .option("--only <engines>", `some of them: ${ways.join("; ")}`, someWays, ways)
  .option("--json", "print JSON instead of tables")
  .action(async ({ report: file, n, only, fakeNodes, json }: FluxFlags) => {
    const report = await fluxBench({
      ...{ sizes: n, ways: only, signal: interrupted.signal, tell },
      ...(fakeNodes === undefined ? {} : { fakeNodes }),
    });
    const text = JSON.stringify(report, undefined, 2);
    if (file !== undefined) await writeFile(file, `${text}\n`);
    process.stdout.write(`${json ? text : fluxTables(report)}\n`);
  });

await program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
});
// Connections that are kept alive would hold the process.
process.exit();

function tell(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

/** All of it, where a sandbox can be. */
function whatCanBe(): readonly Part[] {
  const obstacle = sandboxObstacle();
  if (obstacle === undefined) return parts;
  tell(`without ${sandboxParts.join(" and ")}: a sandbox ${obstacle}`);
  return parts.filter((part) => !(sandboxParts as readonly string[]).includes(part));
}

function someParts(text: string): readonly Part[] {
  const asked = text.split(",");
  const unknown = asked.find((one) => !(parts as readonly string[]).includes(one));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${parts.join(", ")}.`);
  return asked as Part[];
}

function someWays(text: string): readonly Way[] {
  const asked = text.split(";").map((one) => one.trim());
  const unknown = asked.find((one) => !(ways as readonly string[]).includes(one));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of: ${ways.join("; ")}.`);
  return asked as Way[];
}

function sizes(text: string): readonly number[] {
  return text.split(",").map(wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}
