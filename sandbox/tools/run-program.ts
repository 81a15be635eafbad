import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import { execa } from "execa";
import { UsageError } from "../usage-error.ts";
import { diesWithUs } from "./dies-with-us.ts";
import { findProgram } from "./find-program.ts";

export interface ProgramRun {
  /** What is being done, for the message when it fails: `build "etcd"`. */
  readonly what: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** All output is kept here. */
  readonly log: string;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const tailLength = 30;

/** Runs a program to its end and answers its standard output. A failure tells the command and the end of its output. */
export async function runProgram(run: ProgramRun): Promise<string> {
  run.signal?.throwIfAborted();
  if (!isAbsolute(run.program) && (await findProgram(run.program)) === undefined) {
    throw new UsageError(`cannot ${run.what}: "${run.program}" is not on PATH; README.md tells what a machine needs`);
  }
  await mkdir(dirname(run.log), { recursive: true });
  const log = createWriteStream(run.log, { flags: "a" });
  const settings = Object.entries(run.env ?? {}).map(([name, value]) => `${name}=${value} `);
  log.write(`$ ${settings.join("")}${commandLine(run)}\n`);
  const tail: string[] = [];
  const child = execa(...diesWithUs(run.program, run.args), {
    ...(run.cwd && { cwd: run.cwd }),
    env: run.env ?? {},
    all: true,
    stdin: "ignore",
    reject: false,
    ...(run.signal && { cancelSignal: run.signal }),
    // go ends its compilers on SIGINT, and leaves them behind on SIGTERM
    killSignal: "SIGINT",
  });
  for await (const line of child.iterable({ from: "all" })) {
    log.write(`${line}\n`);
    run.onLine?.(line);
    tail.push(line);
    if (tail.length > tailLength) tail.shift();
  }
  const result = await child;
  log.end();
  run.signal?.throwIfAborted();
  if (result.failed) {
    const why = result.exitCode === undefined ? result.originalMessage : `exit code ${result.exitCode}`;
    throw new Error(
      [`cannot ${run.what}: ${why}`, `  ${commandLine(run)}`, ...tail, `All of its output: ${run.log}`].join("\n"),
    );
  }
  return result.stdout;
}

function commandLine({ cwd, program, args }: ProgramRun): string {
  return `${cwd ? `cd ${cwd} && ` : ""}${[program, ...args].map((part) => (/^[\w./:=@%+,~-]+$/.test(part) ? part : `'${part}'`)).join(" ")}`;
}
