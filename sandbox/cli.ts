import Table from "cli-table3";
import { Command, CommanderError } from "commander";
import { defaultInstance, down, environment, status, up, type InstanceStatus } from "./instance.ts";
import { duration, withProgress } from "./progress.ts";
import { UsageError } from "./usage-error.ts";

interface Options {
  readonly name: string;
  readonly json?: boolean;
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted.abort(new Error(`interrupted by ${signal}`));
  });
}

const program = new Command("sandbox")
  .description(
    "A real Kubernetes with a registry and a git host on this machine, without a container engine. Needs root.",
  )
  .exitOverride();

command("up", "bring the sandbox up, or find it running", async ({ name, json }) => {
  const stream = json ? process.stderr : process.stdout;
  const { status, found, plugins } = await withProgress(`sandbox "${name}"`, stream, (progress) =>
    up({ name, progress, signal: interrupted.signal }),
  );
  if (json) print(JSON.stringify({ ...status, found, plugins }, undefined, 2));
  else print(found ? `sandbox "${name}" is already running\n` : [...plugins, ...summary(status)].join("\n"));
});

command("down", "end the sandbox and remove all of it", async ({ name, json }) => {
  const removed = await down({ name });
  if (json) print(JSON.stringify({ name, removed }));
  else print(removed ? `sandbox "${name}" is gone` : `there was no sandbox "${name}"`);
});

command("status", "show what runs; exit code 1 when not all of it does", async ({ name, json }) => {
  const result = await status(name);
  print(json ? JSON.stringify(result, undefined, 2) : table(result));
  process.exitCode = result.running ? 0 : 1;
});

command(
  "env",
  'print what a shell needs to work with it: eval "$(npm run -s sandbox -- env)"',
  async ({ name, json }) => {
    const variables = await environment(name);
    const exports = Object.entries(variables).map(([key, value]) => `export ${key}=${quote(value)}`);
    print(json ? JSON.stringify(variables, undefined, 2) : exports.join("\n"));
  },
);

await program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = interrupted.signal.aborted ? 130 : error instanceof UsageError ? 2 : 1;
});

function command(name: string, description: string, action: (options: Options) => Promise<void>): void {
  program
    .command(name)
    .description(description)
    .option("--name <name>", "name of the instance; several can run side by side", defaultInstance)
    .option("--json", "machine-readable output")
    .action(action);
}

function summary({ name, reached, addresses }: InstanceStatus): string[] {
  const suffix = name === defaultInstance ? "" : ` --name ${name}`;
  return [
    `node Ready after ${duration(reached.node ?? 0)}; everything answers after ${duration(Math.max(...Object.values(reached)))}`,
    `API server, registry and git host at ${addresses?.inside ?? ""}, gateway at ${addresses?.gateway ?? ""}`,
    `use it: eval "$(npm run -s sandbox -- env${suffix})"`,
  ];
}

function table({ name, phase, processes, components, addresses, error }: InstanceStatus): string {
  if (phase === "absent") return `there is no sandbox "${name}"`;
  const rows = new Table({ head: ["component", "pid", "state"], style: { head: [], border: [], compact: true } });
  for (const component of components) rows.push([component.name, component.pid ?? "-", component.state]);
  return [
    `sandbox "${name}": ${phase}, ${processes} processes`,
    rows.toString(),
    ...(addresses ? [`inside ${addresses.inside}, gateway ${addresses.gateway}, subnet ${addresses.subnet}`] : []),
    ...(error === undefined ? [] : [error]),
  ].join("\n");
}

function quote(value: string): string {
  return /^[\w./:,@+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

function print(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}
