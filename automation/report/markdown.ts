import { cutEnd, cutStart, plainLine, plainText } from "./plain-text.ts";

/*
 * Pieces of GitHub Markdown. Other people's words, whatever is in them, stand in code only: there Markdown, HTML, links,
 * mentions and references are dead, also for the filters that GitHub runs over the finished HTML, to which an escaped `@`
 * or a character reference is a mention still.
 */

const LONGEST_LINE = 500;
const LONGEST_ADDRESS = 500;
/** What is much longer than its place is not read whole only to be cut. */
const READ = 4;

/** Other people's words within a line. */
export function code(text: string, most = LONGEST_LINE): string {
  const words = harmless(cutEnd(plainLine(text.slice(0, most * READ)), most)) || "(empty)";
  const fence = "`".repeat(longestRun(words) + 1);
  const space = words.startsWith("`") || words.endsWith("`") ? " " : "";
  return `${fence}${space}${words}${space}${fence}`;
}

/** Other people's lines: so many code units from their beginning, or from their end, where a log says what went wrong. */
export function codeBlock(text: string, most: number, kept: "beginning" | "end" = "beginning"): string {
  const part = kept === "beginning" ? text.slice(0, most * READ) : text.slice(-most * READ);
  const lines = plainText(part)
    .replace(/[^\S\n]+$/gm, "")
    .replace(/^\n+|\n+$/g, "");
  const shown = harmless(kept === "beginning" ? cutEnd(lines, most) : cutStart(lines, most));
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}text\n${shown}\n${fence}`;
}

/** What is shown on demand. The summary is in our own words. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** An address as a link, if it is one for a browser; else as code. */
export function link(url: string): string {
  const address = webAddress(url);
  return address === undefined ? code(url) : `<${address}>`;
}

/** The address, safe in Markdown and in GitHub's fields; undefined: it is none for a browser. */
export function webAddress(text: string): string | undefined {
  if (text.length > LONGEST_ADDRESS) return undefined;
  const line = plainLine(text);
  if (!URL.canParse(line)) return undefined;
  const url = new URL(line);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  url.username = "";
  url.password = "";
  const address = url.href.replace(/[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/g, (character) =>
    encodeURIComponent(character),
  );
  return address.length > LONGEST_ADDRESS ? undefined : address;
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** A table of cells that are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The minute, in UTC. */
export function time(iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? code(iso, 40) : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function commit(sha: string): string {
  return code(sha.slice(0, 7));
}

/** Rows are cut at `|` before anything else is read, in code as well; a backslash before it must not undo its escape. */
function cell(text: string): string {
  return text.replace(/\\(?=\|)/g, "\\ ").replaceAll("|", "\\|");
}

/**
 * Who answers by mail quotes code as plain text, where a mention is one again: an invisible space holds sign and name
 * apart.
 */
function harmless(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}_])@(?=[A-Za-z0-9])/gu, "@\u200B");
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, { length }) => Math.max(longest, length), 0);
}
