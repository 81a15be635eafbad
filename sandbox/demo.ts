import { writeFile } from "node:fs/promises";
import Table from "cli-table3";
import { Command, CommanderError, Option } from "commander";
import { clusterStage } from "./cluster-stage.ts";
import { chooseCluster, demoClusters, type DemoCluster } from "./demo-cluster.ts";
import { demonstrate, type Report } from "./demonstration.ts";
import { findMachine } from "./find-machine.ts";
import { defaultInstance } from "./instance.ts";
import { duration } from "./progress.ts";
import { sandboxStage } from "./sandbox-stage.ts";
import type { Stage } from "./stage.ts";
import { UsageError } from "./usage-error.ts";

interface Options {
  readonly name: string;
  readonly cluster?: DemoCluster;
  readonly address?: string;
  readonly keep?: boolean;
  readonly report?: string;
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted.abort(new Error(`interrupted by ${signal}`));
  });
}

const program = new Command("demo")
  .description(
    "The whole line on this machine: a cluster, the platform, and two pull requests that become URLs. " +
      "The sandbox needs root, kind needs Docker and the internet.",
  )
  .addOption(
    new Option(
      "--cluster <where>",
      "where it runs; default: kind where kind and a running Docker are, else the sandbox",
    ).choices(demoClusters),
  )
  .option("--address <ip>", "this machine's address as an existing cluster reaches it")
  .option("--keep", "leave everything running, and say how to use it")
  .option("--report <file>", "write the result as JSON as well")
  .option("--name <name>", "name of the sandbox instance", defaultInstance)
  .exitOverride()
  .action(async ({ name, cluster, address, keep = false, report: file }: Options) => {
    const stage = await chooseStage(name, cluster, address, keep);
    const report = await demonstrate({ name, stage, keep, signal: interrupted.signal, stream: process.stdout });
    if (file !== undefined) await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
    print(closing(report));
    if (report.running) print(usage(name));
    process.exitCode = report.ok ? 0 : interrupted.signal.aborted ? 130 : 1;
  });

await program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});

async function chooseStage(
  name: string,
  asked: DemoCluster | undefined,
  address: string | undefined,
  keep: boolean,
): Promise<Stage> {
  const choice = chooseCluster(asked, await findMachine());
  if ("problem" in choice) throw new UsageError(choice.problem);
  print(choice.reason);
  const { cluster } = choice;
  if (cluster === "sandbox") return sandboxStage(name);
  if (keep)
    throw new UsageError(`--keep is for the sandbox: on ${cluster} the git host and the registry end with the demo`);
  return clusterStage({ name, cluster, ...(address === undefined ? {} : { address }) });
}

function closing({ steps, times, previews, ok, error }: Report): string {
  const head = (...titles: string[]) => ({ head: titles, style: { head: [], border: [], compact: true } });
  const stepRows = new Table(head("step", "", "time"));
  for (const step of steps) stepRows.push([step.name, step.ok ? "ok" : "failed", duration(step.ms)]);
  const timeRows = new Table(head("from … to …", "time"));
  for (const { name, ms } of times) timeRows.push([name, duration(ms)]);
  const previewRows = new Table(head("preview", "URL", "answered"));
  for (const { name, url, answer } of previews) previewRows.push([name, url, answer]);
  return [
    "",
    stepRows.toString(),
    ...(times.length === 0 ? [] : [timeRows.toString()]),
    ...(previews.length === 0 ? [] : [previewRows.toString()]),
    ok ? "The whole line works on this machine." : `The line broke: ${error ?? "unknown"}`,
  ].join("\n");
}

function usage(name: string): string {
  const suffix = name === defaultInstance ? "" : ` --name ${name}`;
  return [
    "",
    "It goes on running. In any shell, in this folder:",
    `  eval "$(npm run --silent sandbox -- env${suffix})"`,
    "  kubectl get helmreleases --all-namespaces",
    "  npx previews plan",
    '  curl -H "Host: $PREVIEW_HOST" "http://$GATEWAY_ADDRESS/pr-41"',
    `  npm run sandbox -- down${suffix}      # ends it`,
  ].join("\n");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
