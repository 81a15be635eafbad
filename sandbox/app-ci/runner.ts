import { Command, InvalidArgumentError } from "commander";
import { mkdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseCredentials } from "../github/credentials.ts";
import { git, gitEnvironment, type GitOptions } from "../github/git-command.ts";
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
  const access = accessSettings(credential?.token ?? "");
  // The old protocol lists refs in one request, where the new one takes two.
  const look = { env: gitEnvironment({ ...access, "protocol.version": "0" }), signal };
  await mkdir(data, { recursive: true });
  const queue = new BuildQueue({
    pipeline: new Pipeline({ cloneUrl, access, repository, registry, folder: data, signal }),
    statuses: commitStatuses(api, repository, credential?.token ?? ""),
    log,
  });
  log(`builds what is pushed to ${cloneUrl} into ${registry}/${repository}`);
  while (!signal.aborted) {
    const busy = await work(queue, cloneUrl, data, look);
    if (!busy) await sleep(interval * 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** One look at the refs and at most one build. What goes wrong on the way is tried again at the next look. */
async function work(
  queue: BuildQueue,
  cloneUrl: string,
  folder: string,
  look: GitOptions & { readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    const refs = await git(folder, ["ls-remote", cloneUrl], look);
    return await queue.step(jobsFrom(refs));
  } catch (error) {
    if (!look.signal.aborted) log(`error: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** The repository may be private. */
function accessSettings(token: string): Record<string, string> {
  return { "http.extraHeader": `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}` };
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
