import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The first executable of that name in the folders, which are those of PATH unless told. */
export async function findProgram(
  name: string,
  folders: readonly string[] = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean),
): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
