import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { parseApps } from "./app-file.ts";
import { parseCredentials } from "./credentials.ts";
import { startHost } from "./host.ts";

interface Flags {
  readonly listen: { readonly host: string; readonly port: number };
  readonly data: string;
  readonly repository: readonly string[];
  readonly tokenFile: string;
  readonly firstNumber: number;
  readonly rateLimit: number;
  readonly contentLimit?: number;
  readonly apps?: string;
}

const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

async function main(flags: Flags): Promise<void> {
  const { listen, data, repository, tokenFile, firstNumber, rateLimit, contentLimit, apps } = flags;
  const host = await startHost({
    ...listen,
    dataFolder: data,
    credentials: parseCredentials(readFileSync(tokenFile, "utf8")),
    repositories: repository,
    firstNumber,
    rateLimit,
    ...(contentLimit !== undefined && { contentLimit }),
    ...(apps !== undefined && { apps: parseApps(readFileSync(apps, "utf8")) }),
    log,
  });
  log(`git at ${host.origin}, API at ${host.apiUrl}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      host.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

function parseAddress(text: string): Flags["listen"] {
  const parts = /^(.+):(\d+)$/.exec(text);
  if (!parts) throw new InvalidArgumentError('expected "address:port".');
  return { host: (parts[1] ?? "").replace(/^\[|\]$/g, ""), port: Number(parts[2]) };
}

function parseRepository(text: string, previous: readonly string[] = []): readonly string[] {
  if (!/^[\w.-]+\/[\w.-]+$/.test(text)) throw new InvalidArgumentError('expected "owner/name".');
  return [...previous, text];
}

function parseCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("expected a whole number above zero.");
  return Number(text);
}

const program = new Command("github")
  .description("git host with GitHub's REST API, laid out like GitHub Enterprise Server")
  .requiredOption("--listen <address:port>", "where to listen; also the origin of every URL in answers", parseAddress)
  .requiredOption("--data <folder>", "repositories and state")
  .requiredOption("--repository <owner/name>", "a repository that exists from the start (repeatable)", parseRepository)
  .requiredOption(
    "--token-file <file>",
    'lines of "login:token:permission[:name=access,...]", or one token of the administrator "maintainer"',
  )
  .option("--first-number <number>", "number of the first issue or pull request", parseCount, 1)
  .option("--rate-limit <requests>", "requests an hour for each user", parseCount, 5000)
  .option("--content-limit <requests>", "writing requests a minute for each user (default: any number)", parseCount)
  .option("--apps <file>", "GitHub Apps, a JSON list of {id, slug, publicKey, permissions, repositories}")
  .action(main);

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
});
