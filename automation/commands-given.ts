import {
  permissions,
  sameName,
  type Command,
  type CommandKind,
  type Permission,
  type Policy,
  type PullRequest,
} from "./model.ts";

/** A line that is a command and nothing else. */
const LINE = /^\/preview(?:[ \t]+(stop|approve|keep)(?:[ \t]+([0-9a-f]{7,64}))?)?$/i;
/** What begins code and what ends it. Backticks that close on their own line are words in a sentence. */
const OPENING = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const CLOSING = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;

/** The commands in a comment, in order. Quotes and code are other people's words or examples. */
export function parseCommands(body: string): readonly Pick<Command, "kind" | "sha">[] {
  let fence: string | undefined;
  return body.split(/\r?\n/).flatMap((line) => {
    const mark = (fence === undefined ? OPENING : CLOSING).exec(line)?.[1];
    if (mark?.startsWith(fence ?? "")) {
      fence = fence === undefined ? mark : undefined;
      return [];
    }
    const [whole, word, sha] = fence === undefined ? (LINE.exec(line.trimEnd()) ?? []) : [];
    if (whole === undefined) return [];
    const kind = (word?.toLowerCase() ?? "start") as CommandKind;
    if (sha !== undefined && kind !== "approve") return [];
    return [{ kind, ...(sha === undefined ? {} : { sha: sha.toLowerCase() }) }];
  });
}

export function hasPermission(has: Permission, needed: Permission): boolean {
  return permissions.indexOf(has) >= permissions.indexOf(needed);
}

/** Whoever has the permission may; of their own pull requests authors may as well. */
export function mayCommand(command: Command, pullRequest: PullRequest | undefined, { commanders }: Policy): boolean {
  return (
    hasPermission(command.permission, commanders) ||
    (pullRequest !== undefined && sameName(command.author, pullRequest.author))
  );
}

export function latestOf(
  kind: CommandKind,
  pullRequest: PullRequest,
  commands: readonly Command[],
  policy: Policy,
): Command | undefined {
  return commands.findLast((command) => command.kind === kind && mayCommand(command, pullRequest, policy));
}

/** The last start: it counts as a sign of life, too. */
export function resumed(pullRequest: PullRequest, commands: readonly Command[], policy: Policy): Command | undefined {
  return latestOf("start", pullRequest, commands, policy);
}
