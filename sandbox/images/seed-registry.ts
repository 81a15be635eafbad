import { createInterface } from "node:readline";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { diesWithUs } from "../tools/dies-with-us.ts";

/** Runs a registry over a storage folder on a free port of this machine, for as long as `use` takes. */
export async function withRegistry<Result>(
  program: string,
  folders: { readonly storage: string; readonly work: string },
  use: (address: string) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const config = join(folders.work, "registry.yaml");
  await writeFile(
    config,
    stringify({
      version: "0.1",
      storage: { filesystem: { rootdirectory: folders.storage } },
      http: { addr: "127.0.0.1:0" },
    }),
  );
  const registry = execa(...diesWithUs(program, ["serve", config]), {
    stdin: "ignore",
    stdout: "ignore",
    buffer: false,
    reject: false,
    ...(signal && { cancelSignal: signal }),
  });
  try {
    return await use(await listeningAddress(registry.stderr, program));
  } finally {
    registry.kill("SIGTERM");
    await registry;
  }
}

async function listeningAddress(log: NodeJS.ReadableStream, program: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: log })) {
    const address = /listening on ([\d.:]+)/.exec(line)?.[1];
    if (address !== undefined) {
      // What comes later is read and dropped: a full pipe would stop the registry.
      log.resume();
      return address;
    }
    lines.push(line);
  }
  throw new Error([`the registry ended before it listened: ${program}`, ...lines.slice(-30)].join("\n"));
}
