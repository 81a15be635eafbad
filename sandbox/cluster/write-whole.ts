import { rename, writeFile } from "node:fs/promises";

/** Writes a file that is never seen half written, whenever this process dies. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
