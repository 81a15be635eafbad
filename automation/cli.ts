import { randomUUID } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CommandContext, CommandResult } from "./commands/command.ts";
import type { MigrateOptions } from "./commands/migrate.ts";
import { initFlags } from "./init/flags.ts";
import type { ServeFlags, ServeSettings } from "./serve/settings.ts";
import { engineNames, type EngineName } from "./model.ts";
import type { ActionOutputs } from "./report/action-outputs.ts";
import { settingSources } from "./settings/sources.ts";
import { UserError, exitCodes } from "./user-error.ts";
import about from "../package.json" with { type: "json" };

/** Columns below which live lines would only wrap; some pseudo-terminals say that they have none. */
const NARROWEST = 40;

type Flags = Readonly<Record<string, string | boolean | number | undefined>>;

/** The flags of commands that act. */
interface SyncFlags {
  readonly dryRun?: true;
  readonly full?: true;
  readonly force?: true;
  readonly app?: string;
  readonly confirmDestroys?: number;
}

type Run = (context: CommandContext) => Promise<CommandResult>;

interface PerformOptions {
  /** It takes the engines that the settings do not name, too. */
  readonly everyEngine?: boolean;
}

/** Runs the command line and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const exitCode = await runCommandLine(argv);
  await writeOutputs(() => ({ "exit-code": String(exitCode) }));
  return exitCode;
}

async function runCommandLine(argv: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.converged;
  const program = commandLine(async (flags, run, options) => {
    exitCode = await perform(flags, run, options);
  });
  initLine(program).action(async (flags: Flags) => {
    exitCode = await init(flags);
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.converged : exitCodes.usage;
    return report(error);
  }
}

/** Every command but `init`; what one would run is given to `perform`. */
export function commandLine(perform: (flags: Flags, run: Run, options?: PerformOptions) => Promise<void>): Command {
  const program = new Command("previews")
    .description("Gives every open pull request its own environment on Kubernetes, and takes it away when it closes.")
    .version(about.version)
    .exitOverride()
    .showHelpAfterError("(previews --help tells what is allowed)")
    .configureHelp({ sortSubcommands: false })
    .addHelpText("after", exitCodeHelp);

  settable(program.command("plan").description("show what a sync would do for each pull request, and why")).action(
    async (flags: Flags) => {
      await perform(flags, async (context) => (await import("./commands/plan.ts")).planCommand(context));
    },
  );
  settable(program.command("sync").description("make the previews what the open pull requests ask for"))
    .option("--full", "compare the stacks, too, where the cluster shows nothing to do")
    .addOption(dryRun())
    .addOption(confirmDestroys())
    .action(async (flags: Flags & SyncFlags) => {
      const options = { ...acting(flags), full: flags.full === true };
      await perform(flags, async (context) => (await import("./commands/sync.ts")).syncCommand(context, options));
    });
  settable(program.command("gc").description("destroy what no open pull request accounts for, and do nothing else"))
    .addOption(dryRun())
    .addOption(confirmDestroys())
    .action(async (flags: Flags & SyncFlags) => {
      const options = acting(flags);
      await perform(flags, async (context) => (await import("./commands/gc.ts")).gcCommand(context, options));
    });
  settable(program.command("list").description("list the previews there are")).action(async (flags: Flags) => {
    await perform(flags, async (context) => (await import("./commands/list.ts")).listCommand(context));
  });
  settable(program.command("up").description("create or update the preview of one open pull request"))
    .argument("<number>", "number of the pull request", pullRequestNumber)
    .addOption(oneApp())
    .addOption(dryRun())
    .action(async (number: number, flags: Flags & SyncFlags) => {
      const options = { number, app: flags.app, dryRun: flags.dryRun === true };
      await perform(flags, async (context) => (await import("./commands/up.ts")).upCommand(context, options));
    });
  settable(program.command("destroy").description("destroy the preview of one pull request"))
    .argument("<number>", "number of the pull request", pullRequestNumber)
    .addOption(oneApp())
    .addOption(dryRun())
    .option("--force", "also while the pull request is open")
    .action(async (number: number, flags: Flags & SyncFlags) => {
      const options = { number, app: flags.app, dryRun: flags.dryRun === true, force: flags.force === true };
      await perform(flags, async (context) => (await import("./commands/destroy.ts")).destroyCommand(context, options));
    });
  settable(
    program.command("migrate").description("hand running previews from one engine to the other, without a gap"),
    ["engine"],
  )
    .argument("[numbers...]", "numbers of pull requests (default: all that have a preview)", pullRequestNumbers)
    .addOption(new Option("--to <engine>", "the engine to move to").choices(engineNames).makeOptionMandatory())
    .addOption(dryRun())
    .action(async (numbers: readonly number[], flags: Flags & SyncFlags & { readonly to: EngineName }) => {
      const options = { to: flags.to, numbers, dryRun: flags.dryRun === true };
      await perform({ ...flags, engine: flags.to }, async (context) => migrate(context, options), {
        everyEngine: true,
      });
    });
  settable(
    program.command("serve-inputs").description("answer Flux Operator which pull requests get a preview, over HTTP"),
    ["engine"],
  )
    .option("--listen <address>", "where to listen", "127.0.0.1:8080")
    .option("--tls-cert <file>", "certificate, PEM (default: plain HTTP)")
    .option("--tls-key <file>", "its key, PEM")
    .addHelpText("after", "\nWhoever asks needs the bearer token in PREVIEW_INPUTS_TOKEN (or _FILE).")
    .action(async (flags: Flags & ServeFlags) => {
      const { serveSettings } = await import("./serve/settings.ts");
      const settings = await serveSettings(flags, process.env);
      await perform({ ...flags, engine: "flux" }, async (context) => serve(context, settings, flags.json === true));
    });
  return program;
}

async function serve(context: CommandContext, settings: ServeSettings, json: boolean): Promise<CommandResult> {
  const [{ serveInputsCommand }, { rehearse }, { KubernetesApi }, { previewSet }] = await Promise.all([
    import("./commands/serve-inputs.ts"),
    import("./engines/flux/rehearsal.ts"),
    import("./cluster/kubernetes-api.ts"),
    import("./preview-spec.ts"),
  ]);
  const api = new KubernetesApi(context.config.kubeconfig, process.env);
  const set = previewSet(context.config);
  return serveInputsCommand(context, {
    ...settings,
    rehearse: ({ spec, about }, signal) => rehearse(api, { set, spec, about, signal }),
    log: (event) => {
      const line = { time: new Date().toISOString(), ...event };
      note(json ? JSON.stringify(line) : Object.values(line).join(" "));
    },
  });
}

async function migrate(context: CommandContext, options: Omit<MigrateOptions, "from">): Promise<CommandResult> {
  const [{ migrateCommand }, { openEngine }] = await Promise.all([
    import("./commands/migrate.ts"),
    import("./ports.ts"),
  ]);
  const name = options.to === "flux" ? "automation" : "flux";
  const from = await openEngine(name, context.config, process.env, { leaving: true });
  try {
    return await migrateCommand(context, { ...options, from });
  } finally {
    await from.close();
  }
}

const exitCodeHelp = `
Settings come from flags, then the environment, then previews.yaml; secrets from the environment alone:
GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or _FILE); PULUMI_CONFIG_PASSPHRASE (or _FILE).

Exit codes: 0 converged; 1 a preview failed, or something did not answer; 2 usage or configuration;
3 a safety brake refused; 130 interrupted.`;

/** Adds what every command takes. */
function settable(command: Command, without: readonly string[] = []): Command {
  command.option("-c, --config <file>", "settings file (default: previews.yaml)").option("--json", "print JSON");
  for (const { flag, argument = "value", help = "", env } of settingSources) {
    if (flag === undefined || without.includes(flag)) continue;
    command.option(`--${flag} <${argument}>`, env === undefined ? help : `${help} [${env}]`);
  }
  return command.helpOption("-h, --help", "show this help");
}

const dryRun = () => new Option("--dry-run", "show what would be done and do nothing");
const oneApp = () => new Option("--app <name>", "one of several apps (default: all of them)");
const confirmDestroys = () =>
  new Option("--confirm-destroys <count>", "let this many destroys pass the brake, maxDestroys").argParser(
    wholeNumber("It must be a number of previews, from 1."),
  );
const pullRequestNumber = wholeNumber("It must be the number of a pull request, from 1.");
const pullRequestNumbers = (text: string, before: readonly number[] = []) => [...before, pullRequestNumber(text)];

function wholeNumber(allowed: string): (text: string) => number {
  return (text) => {
    if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new InvalidArgumentError(allowed);
    return Number(text);
  };
}

function acting({ dryRun: dry, confirmDestroys: confirmedDestroys }: SyncFlags) {
  return { dryRun: dry === true, confirmedDestroys };
}

async function perform(flags: Flags, run: Run, { everyEngine = false }: PerformOptions = {}): Promise<number> {
  const [{ loadConfig }, { openPorts }] = await Promise.all([import("./config.ts"), import("./ports.ts")]);
  const config = await loadConfig({ cwd: process.cwd(), env: process.env, flags: settingFlags(flags), everyEngine });
  const ports = await openPorts(config, process.env);
  const interruption = interruptible();
  try {
    const result = await run({
      config,
      ports,
      signal: interruption.signal,
      progress: await chooseProgress(),
      paint: await choosePaint(),
      now: () => performance.now(),
      today: () => Date.now(),
    });
    await write(flags["json"] === true ? JSON.stringify(result.json, null, 2) : result.text());
    await writeSummary(result.summary);
    await writeOutputs(result.outputs);
    return result.exitCode;
  } catch (error) {
    if (interruption.signal.aborted) return report(new UserError("interrupted", { exitCode: exitCodes.interrupted }));
    throw error;
  } finally {
    await Promise.all([ports.engine.close(), ports.memory.save()]);
    interruption.stop();
  }
}

/** `previews init` takes no settings, it makes them. */
export function initLine(program: Command): Command {
  const command = program
    .command("init")
    .description("write a commented previews.yaml, and a workflow, from a few answers or flags");
  for (const { flag, argument, help } of initFlags) command.option(`--${flag} <${argument}>`, help);
  return command
    .option("-o, --output <file>", "file to write", "previews.yaml")
    .option("--workflow", "write .github/workflows/previews.yaml, too: call it in the repository's own folder")
    .option("--schema <where>", "path or URL of previews.schema.json, for editors (default: the installed package's)")
    .option("--force", "replace a file that is there")
    .option("--yes", "ask nothing: take the flags, what is found, and defaults")
    .option("--json", "print JSON, and ask nothing")
    .helpOption("-h, --help", "show this help");
}

async function init(flags: Flags): Promise<number> {
  const [{ initCommand }, { projectFolder }] = await Promise.all([
    import("./commands/init.ts"),
    import("./init/project-folder.ts"),
  ]);
  const { output, schema, force, yes, json, workflow } = flags;
  const options = {
    flags: typedFlags(
      flags,
      initFlags.map(({ flag }) => flag),
    ),
    output: String(output),
    force: force === true,
    ask: yes !== true && json !== true,
    workflow: workflow === true,
    ...(typeof schema === "string" ? { schema } : {}),
  };
  const { env } = process;
  const result = await initCommand(options, {
    env,
    project: projectFolder(process.cwd(), env),
    ask: await chooseAsk(),
  });
  await write(json === true ? JSON.stringify(result.json, null, 2) : result.text());
  return result.exitCode;
}

/** Undefined: nobody is there to answer. */
async function chooseAsk() {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || stdout.columns < NARROWEST || env["CI"] || env["TERM"] === "dumb")
    return undefined;
  return (await import("./init/terminal-ask.ts")).terminalAsk({ input: stdin, output: stdout });
}

function settingFlags(flags: Flags): Record<string, string | undefined> {
  return typedFlags(flags, ["config", ...settingSources.flatMap(({ flag }) => flag ?? [])]);
}

/** Commander gives flags in camel case; settings know them as they are typed. */
function typedFlags(flags: Flags, typed: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(
    typed.map((flag) => {
      const value = flags[flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
      return [flag, typeof value === "string" ? value : undefined];
    }),
  );
}

/** The first signal cancels in good order. More of them change nothing: Pulumi must not be interrupted twice. */
function interruptible(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) {
      note("Still ending in good order: a Pulumi interrupted twice leaves its stack locked.");
      return;
    }
    note("Interrupted. Ending what is being done in good order; this can take a moment.");
    controller.abort(new Error("interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}

async function chooseProgress() {
  const { isTTY, columns } = process.stderr;
  if (isTTY && columns >= NARROWEST && !process.env["CI"] && process.env["TERM"] !== "dumb") {
    return (await import("./progress/terminal-progress.ts")).terminalProgress(process.stderr);
  }
  return (await import("./progress/line-progress.ts")).lineProgress(note);
}

async function choosePaint(): Promise<CommandContext["paint"]> {
  const [{ styleText }, { plainPaint }] = await Promise.all([import("node:util"), import("./report/table.ts")]);
  if (!process.stdout.isTTY || process.env["NO_COLOR"]) return plainPaint;
  const colours = { good: "green", bad: "red", quiet: "dim" } as const;
  return (style, text) => styleText(colours[style], text);
}

function report(error: unknown): number {
  if (error instanceof UserError) {
    note(`previews: ${error.message}`);
    return error.exitCode;
  }
  // Not a user's mistake: whoever looks into it needs the trace.
  note(`previews: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodes.previewFailed;
}

/** Where GitHub Actions shows a job's summary. */
async function writeSummary(summary: (() => string) | undefined): Promise<void> {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file && summary !== undefined) await append("the job summary", file, `${summary()}\n`);
}

/** What later steps of a job in GitHub Actions read. */
async function writeOutputs(outputs: (() => ActionOutputs) | undefined): Promise<void> {
  const file = process.env["GITHUB_OUTPUT"];
  if (!file || outputs === undefined) return;
  const { outputLines } = await import("./report/action-outputs.ts");
  await append("the outputs", file, outputLines(outputs(), randomUUID()));
}

async function append(what: string, file: string, text: string): Promise<void> {
  await appendFile(file, text).catch((error: unknown) => {
    note(`previews: ${what} could not be written to "${file}": ${String(error)}`);
  });
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => {
      // Whoever read our output has had enough of it.
      if (error && !("code" in error && error.code === "EPIPE")) reject(error);
      else resolve();
    });
  });
}
