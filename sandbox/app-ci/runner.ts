import { Command, InvalidArgumentError } from "commander";
import { mkdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseCredentials } from "../github/credentials.ts";
import { git, gitEnvironment } from "../github/git-command.ts";
import { BuildQueue } from "./build-queue.ts";
import { jobsFrom } from "./jobs.ts";
import { Pipeline } from "./pipeline.ts";
import { commitStatuses } from "./status.ts";

interface Flags {
  readonly api: string;
  readonly repository: string;
  readonly tokenFile: string;
  readonly registry: string;
  readonly data: string;
  readonly interval: number;
}

/** The old protocol lists refs in one request, where the new one takes two. */
const lookEnvironment = gitEnvironment({ "protocol.version": "0" });
const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

async function main({ api, repository, tokenFile, registry, data, interval }: Flags): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  const { signal } = stop;
  const [credential] = parseCredentials(await readFile(tokenFile, "utf8"));
  const cloneUrl = `${new URL(api).origin}/${repository}.git`;
  await mkdir(data, { recursive: true });
  const queue = new BuildQueue({
    pipeline: new Pipeline({ cloneUrl, repository, registry, folder: data, signal }),
    statuses: commitStatuses(api, repository, credential?.token ?? ""),
    log,
  });
  log(`builds what is pushed to ${cloneUrl} into ${registry}/${repository}`);
  while (!signal.aborted) {
    const busy = await work(queue, cloneUrl, data, signal);
    if (!busy) await sleep(interval * 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** One look at the refs and at most one build. What goes wrong on the way is tried again at the next look. */
async function work(queue: BuildQueue, cloneUrl: string, folder: string, signal: AbortSignal): Promise<boolean> {
  try {
    const refs = await git(folder, ["ls-remote", cloneUrl], { env: lookEnvironment, signal });
    return await queue.step(jobsFrom(refs));
  } catch (error) {
    if (!signal.aborted) log(`error: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError("expected a number of seconds above zero.");
  return seconds;
}

const program = new Command("app-ci")
  .description("stand-in for GitHub Actions: builds the image of every pushed commit and the chart of every release")
  .requiredOption("--api <url>", "the GitHub API, for example http://192.0.2.1:3000/api/v3")
  .requiredOption("--repository <owner/name>", "the application's repository")
  .requiredOption("--token-file <file>", "the first token in it reports commit statuses")
  .requiredOption("--registry <address:port>", "where images and charts go, over plain HTTP")
  .requiredOption("--data <folder>", "working files")
  .option("--interval <seconds>", "between two looks at the refs", parseSeconds, 1)
  .action(main);

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
});
