import { readFile } from "node:fs/promises";

/** The end of a log, to be appended to an error message; of a Go program's crash, what it was and the end of its stack. */
export async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8").catch(() => "")).trimEnd().split("\n");
  if (lines.join("") === "") return `; ${file} is empty`;
  const crash = lines.slice(0, -10).findLast((line) => /^(panic|fatal error):/.test(line));
  return [`; the end of ${file}:`, ...(crash === undefined ? [] : [crash, "…"]), ...lines.slice(-10)].join("\n");
}
