import { stripVTControlCharacters } from "node:util";

/**
 * Other people's text without what does not show or moves what shows: terminal sequences, control characters, invisible
 * and bidirectional ones, halves of characters. Line feeds and tabs stay.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n")
    .replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/gu, "");
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}

/** The first so many UTF-16 code units of a text. */
export function cutEnd(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 2).replace(/[\uD800-\uDBFF]$/, "")} …`;
}

/** The last so many UTF-16 code units of a text, from the beginning of a line. */
export function cutStart(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = text.slice(text.length - most + 2).replace(/^[\uDC00-\uDFFF]/, "");
  const line = tail.indexOf("\n") + 1;
  // One line that is longer than everything has no beginning to go back to.
  return `…\n${line < tail.length ? tail.slice(line) : tail}`;
}
