export interface PulumiFailureOptions {
  readonly stack: string;
  readonly diagnostics: readonly string[];
  readonly cancelled: boolean;
  readonly cause: unknown;
}

/** A failed Pulumi operation, with what the engine said about it. */
export class PulumiFailure extends Error {
  override readonly name = "PulumiFailure";
  readonly stackName: string;
  readonly diagnostics: readonly string[];
  readonly cancelled: boolean;

  constructor({ stack, diagnostics, cancelled, cause }: PulumiFailureOptions) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.stackName = stack;
    this.diagnostics = diagnostics;
    this.cancelled = cancelled;
  }
}

const MAX_LENGTH = 4000;

/** What went wrong, for people: a command's whole output, its arguments and JavaScript's stack traces are left out. */
export function describeFailure(error: unknown): string {
  const raw = error instanceof Error ? error.message : String(error);
  const lock = lockMessage(raw);
  if (lock !== undefined) return lock;
  if (/incorrect passphrase/i.test(raw)) {
    return "the stack's secrets cannot be read: incorrect passphrase in PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE";
  }
  const failure = error instanceof PulumiFailure ? error : undefined;
  if (failure?.cancelled) return "interrupted; the next run completes it";
  const told = [...new Set((failure?.diagnostics ?? []).map(tidy))].filter((text) => text !== "" && !isSummary(text));
  const text = told.length > 0 ? told.join("\n") : tidy(fromOutput(raw));
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)} …` : text;
}

/** The engine's summary of the errors it has told one by one. */
function isSummary(text: string): boolean {
  return /^(update failed|resource operations? failed|preview failed|.*error: update failed)$/i.test(text);
}

/** What an interrupted or concurrent run left: whose lock it is and what to do about it. */
function lockMessage(raw: string): string | undefined {
  if (!raw.includes("the stack is currently locked by")) {
    if (!raw.includes("Another update is currently in progress")) return undefined;
    return "the stack is locked by another update in progress; wait for it, or end it with `pulumi cancel`";
  }
  // file:///var/state/.pulumi/locks/organization/previews/pr-41/<id>.json?no_tmp_dir=true: created by …
  const [, file = "", stack = "", holder = "", pid = "", time = ""] =
    /(\S+\/locks\/(\S+)\/[^/\s]+\.json)\S*: created by (\S+) \(pid ([0-9]+)\) at (\S+)/.exec(raw) ?? [];
  if (file === "") return "the stack is locked by another run; `pulumi cancel` removes the lock of one that was killed";
  return [
    `the stack is locked by process ${pid} of ${holder} since ${time} (${file}).`,
    `Another run is working on it, or was killed. If that process is gone: pulumi cancel --yes --stack ${stack}`,
  ].join("\n");
}

/** The diagnostics of a command's output, else its error lines, else what is left of it without its command line. */
function fromOutput(raw: string): string {
  const lines = raw.split("\n").map((line) => line.replace(/^ *(?:stdout|stderr|err\?): ?/, ""));
  const diagnostics = lines.findIndex((line) => line.trim() === "Diagnostics:");
  if (diagnostics >= 0) {
    const rest = lines.slice(diagnostics + 1);
    const end = rest.findIndex((line) => /^(?:Outputs|Resources|Duration|Permalink|Policies):/.test(line));
    return rest.slice(0, end < 0 ? undefined : end).join("\n");
  }
  const errors = lines.filter((line) => line.startsWith("error: ")).map((line) => line.slice("error: ".length));
  if (errors.length > 0) return errors.join("\n");
  return lines
    .filter((line) => line.trim() !== "" && !line.startsWith("code: "))
    .map((line) => (/^Command (?:failed|was killed)/.test(line) ? "the pulumi command failed" : line))
    .join("\n");
}

function tidy(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*[(:]/.test(line))
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n{2,}/g, "\n")
    .trim();
}
