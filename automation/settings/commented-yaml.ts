import { stringify } from "yaml";
import type { Setting } from "./reference.ts";

const WIDTH = 120;
const INDENT = "  ";
const COMMENT = "# ";

/** How a setting stands in a file. */
export interface Shown {
  readonly value: unknown;
  readonly commentedOut: boolean;
}

export interface Wording {
  /** Undefined: the setting is left out. */
  readonly show: (setting: Setting) => Shown | undefined;
  /** What is said above a setting; each text starts a line. */
  readonly explain: (setting: Setting) => readonly string[];
}

/** Settings as YAML with comments. A group is commented out when everything in it is. */
export function commentedYaml(settings: readonly Setting[], wording: Wording): string {
  return entriesOf(settings, wording)
    .map((entry) => `${print(entry, { width: WIDTH, inComment: false }).join("\n")}\n`)
    .join("\n");
}

interface Entry extends Shown {
  readonly name: string;
  readonly explained: readonly string[];
  /** Of a group; undefined: `value` counts. */
  readonly entries: readonly Entry[] | undefined;
  /** Of a list of groups: what one item may look like. */
  readonly item: readonly Entry[];
}

interface Place {
  readonly width: number;
  readonly inComment: boolean;
}

function entriesOf(settings: readonly Setting[], wording: Wording): Entry[] {
  return settings.flatMap((setting) => entryOf(setting, wording) ?? []);
}

function entryOf(setting: Setting, wording: Wording): Entry | undefined {
  const { name, kind } = setting;
  const explained = wording.explain(setting);
  if (kind === "group") {
    const entries = entriesOf(setting.settings, wording);
    const commentedOut = entries.every((entry) => entry.commentedOut);
    return entries.length === 0 ? undefined : { name, explained, entries, item: [], value: undefined, commentedOut };
  }
  const shown = wording.show(setting);
  if (shown === undefined) return undefined;
  const item = kind === "list of groups" ? entriesOf(setting.settings, wording) : [];
  return { name, explained, entries: undefined, item, ...shown };
}

function print(entry: Entry, place: Place): string[] {
  const { name, explained, entries, item, value, commentedOut } = entry;
  const commented = commentedOut && !place.inComment;
  const inside = within(place, commented);
  const body =
    entries === undefined
      ? stringify({ [name]: value }, { lineWidth: 0 })
          .trimEnd()
          .split("\n")
      : [`${name}:`, ...indented(entries, inside)];
  return [
    ...comment(explained, place.width),
    ...(commented ? body.map(commentOut) : body),
    ...(item.length === 0 ? [] : [`${name}:`, ...listed(item, within(place, true))].map(commentOut)),
  ];
}

function within({ width, inComment }: Place, commented: boolean): Place {
  const taken = INDENT.length + (commented ? COMMENT.length : 0);
  return { width: width - taken, inComment: inComment || commented };
}

function indented(entries: readonly Entry[], place: Place): string[] {
  return entries.flatMap((entry) => print(entry, place)).map((line) => INDENT + line);
}

/** One item of a list, whose dash stands before its first setting. */
function listed(entries: readonly Entry[], place: Place): string[] {
  const lines = indented(entries, { ...place, width: place.width - INDENT.length });
  const first = lines.findIndex((line) => !line.trimStart().startsWith("#"));
  return lines.map((line, index) => INDENT + (index === first ? line.replace(INDENT, "- ") : line));
}

function comment(texts: readonly string[], width: number): string[] {
  return texts.flatMap((text) => wrap(text, width - COMMENT.length)).map(commentOut);
}

function commentOut(line: string): string {
  return COMMENT + line;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
