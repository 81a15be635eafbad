import Table from "cli-table3";

export type Style = "good" | "bad" | "quiet";
export type Paint = (style: Style, text: string) => string;

/** Text of a cell, or its style and its text. */
export type Cell = string | readonly [Style, string];

export const plainPaint: Paint = (_style, text) => text;

const none = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
    .map((place) => [place, ""]),
);

/** Columns of text under a head, without lines between them. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const text = new Table({
    head: head.map((title) => paint("quiet", title)),
    chars: { ...none, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  text.push(...rows.map((row) => row.map((cell) => draw(cell, paint))));
  return text
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

function draw(cell: Cell, paint: Paint): string {
  return typeof cell === "string" ? printable(cell) : paint(cell[0], printable(cell[1]));
}

/** Titles, branches and messages are other people's text: control characters would move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
