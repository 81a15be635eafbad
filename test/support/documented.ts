import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { fromMarkdown } from "mdast-util-from-markdown";
import type { RootContent } from "mdast";
import { projectRoot } from "../../sandbox/paths.ts";

/** A block of commands in a document. */
export interface DocumentedBlock {
  /** The heading above it as it is written: `## The brake`. */
  readonly heading: string;
  /** What is typed, without comments; a line that goes on in the next one with it. */
  readonly lines: readonly DocumentedLine[];
  /** Why no test runs it: `<!-- not run here: … -->` in front of it. */
  readonly excuse: string | undefined;
}

export interface DocumentedLine {
  readonly text: string;
  /** Number of the line in the document. */
  readonly line: number;
}

/** What a test puts in the place of a document's words: each of them stands in the block. */
export type Replaced = Readonly<Record<string, string>>;

const shells = new Set(["sh", "bash", "shell", "console"]);

export function blocksOf(document: string): DocumentedBlock[] {
  return codeOf(document)
    .filter(({ language }) => shells.has(language))
    .map(({ heading, excuse, text, above }) => {
      const lines = typed(text).map((line) => ({ text: line.text, line: above + line.offset + 1 }));
      return { heading, lines, excuse };
    });
}

interface Code {
  readonly heading: string;
  readonly language: string;
  readonly text: string;
  /** Number of the line above its first one. */
  readonly above: number;
  readonly excuse: string | undefined;
}

function codeOf(document: string): Code[] {
  const text = readFileSync(join(projectRoot, document), "utf8");
  const { children } = fromMarkdown(text);
  let heading = "";
  return children.flatMap((node, at) => {
    if (node.type === "heading") heading = text.slice(node.position?.start.offset, node.position?.end.offset);
    if (node.type !== "code") return [];
    const above = node.position?.start.line ?? 0;
    return [{ heading, language: node.lang ?? "", text: node.value, above, excuse: excuseOf(children[at - 1]) }];
  });
}

/** The YAML below a heading. */
export function documentedYaml(document: string, heading: string): string {
  const found = codeOf(document).find((code) => code.language === "yaml" && code.heading === heading);
  if (found === undefined) throw new Error(`${document} has no YAML below "${heading}"`);
  return found.text;
}

/** The lines of the one block below a heading that has no excuse, in their order, by the names that a test gives them. */
export function documentedLines<const Name extends string>(
  document: string,
  heading: string,
  names: readonly Name[],
  replaced: Replaced = {},
): Readonly<Record<Name, string>> {
  const lines = linesOf(document, heading, replaced);
  // A line more in the document is one that nobody would run.
  if (lines.length !== names.length)
    throw new Error(`"${heading}" of ${document} has ${lines.length} lines, and the test knows ${names.length}`);
  return Object.fromEntries(names.map((name, at) => [name, lines[at] ?? ""])) as Record<Name, string>;
}

/** The same block as one script. */
export function documentedScript(document: string, heading: string, replaced: Replaced = {}): string {
  return linesOf(document, heading, replaced).join("\n");
}

function linesOf(document: string, heading: string, replaced: Replaced): string[] {
  const found = blocksOf(document).filter((block) => block.heading === heading && block.excuse === undefined);
  const [block] = found;
  if (block === undefined || found.length > 1)
    throw new Error(`${document} has ${found.length} blocks without an excuse below "${heading}"`);
  const all = block.lines.map(({ text }) => text).join("\n");
  const gone = Object.keys(replaced).filter((words) => !all.includes(words));
  if (gone.length > 0) throw new Error(`"${heading}" of ${document} does not say ${JSON.stringify(gone)}`);
  const replace = (line: string) =>
    Object.entries(replaced).reduce((text, [from, to]) => text.replaceAll(from, to), line);
  return block.lines.map(({ text }) => replace(text));
}

export interface Shell {
  readonly cwd: string;
  /** All of it: nothing of the test's own environment is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is typed, or piped, when something is asked. */
  readonly input?: string;
  /** How the last of the lines ends. Default: 0. */
  readonly exits?: number;
}

/** What a user's shell gives for lines of a document; an error with all that was said if they end otherwise than they should. */
export async function runLines(lines: string, { cwd, env, input = "", exits = 0 }: Shell): Promise<string> {
  const options = { cwd, env: typing(env), extendEnv: false, input, reject: false, all: true } as const;
  const { exitCode, stdout, all } = await execa("sh", ["-ec", lines], options);
  if (exitCode !== exits) throw new Error(`it ended with ${String(exitCode)}, not ${exits}:\n${lines}\n\n${all}`);
  return stdout;
}

/** An environment in which `previews` is the driver of this checkout, and Pulumi shows nothing first and asks nobody whether it may. */
export function typing(env: Shell["env"]): Record<string, string | undefined> {
  const PATH = [join(import.meta.dirname, "bin"), env["PATH"]].join(delimiter);
  return { ...env, PATH, PULUMI_SKIP_CONFIRMATIONS: "true", PULUMI_OPTION_SKIP_PREVIEW: "true" };
}

function excuseOf(before: RootContent | undefined): string | undefined {
  if (before?.type !== "html") return undefined;
  return /^<!-- not run here: ([\s\S]+?) -->$/.exec(before.value.trim())?.[1];
}

/** Lines without comments; one that ends in a backslash with the next. Of a console, what is typed. */
function typed(block: string): { readonly text: string; readonly offset: number }[] {
  const lines = block.split("\n");
  const isConsole = lines.some((line) => line.startsWith("$ "));
  const result: { text: string; offset: number }[] = [];
  let open = false;
  for (const [offset, line] of lines.entries()) {
    if (isConsole && !open && !line.startsWith("$ ")) continue;
    const text = line
      .replace(/^\$ /, "")
      .replace(/(^|\s)#.*$/, "")
      .trim();
    const last = result.at(-1);
    if (open && last !== undefined) last.text = `${last.text.replace(/\\$/, "")} ${text}`;
    else if (text !== "") result.push({ text, offset });
    open = text.endsWith("\\");
  }
  return result;
}
