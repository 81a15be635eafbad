import { chmod, readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { RequestEntry } from "../../sandbox/github/host.ts";

/** What the driver asked of the outside. */
export interface Footprint {
  /** Runs of the Pulumi CLI, by their arguments. */
  readonly pulumi: readonly string[];
  /** Requests to GitHub's API. */
  readonly github: readonly RequestEntry[];
  readonly kubernetes: readonly KubernetesRequest[];
}

/** An entry of the API server's audit log. */
export interface KubernetesRequest {
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** The API server notes a request when it is answered, and whoever asked may go on before that. */
const SETTLED_MS = 100;

/** Reads what was noted since the last reading. */
export class Footprints {
  readonly #github: RequestEntry[] = [];
  readonly #pulumi: NotedLines;
  readonly #kubernetes: NotedLines;

  constructor(logs: { readonly pulumi: string; readonly kubernetes: string }) {
    this.#pulumi = new NotedLines(logs.pulumi);
    this.#kubernetes = new NotedLines(logs.kubernetes);
  }

  /** For `HostOptions.onRequest`. */
  readonly onRequest = (entry: RequestEntry): void => {
    // Git's own requests are not the API's.
    if (entry.operationId !== undefined) this.#github.push(entry);
  };

  async take(): Promise<Footprint> {
    await sleep(SETTLED_MS);
    const kubernetes = (await this.#kubernetes.take()).map((line) => JSON.parse(line) as KubernetesRequest);
    return { pulumi: await this.#pulumi.take(), github: this.#github.splice(0), kubernetes };
  }
}

/** A file that others add lines to. */
class NotedLines {
  readonly #file: string;
  #taken = 0;

  constructor(file: string) {
    this.#file = file;
  }

  async take(): Promise<readonly string[]> {
    const text = await readFile(this.#file).catch(() => Buffer.alloc(0));
    const end = text.lastIndexOf("\n") + 1;
    const fresh = text.subarray(this.#taken, end).toString("utf8");
    this.#taken = end;
    return fresh.split("\n").filter((line) => line !== "");
  }
}

/** Writes a program that notes its arguments, a line for each run, and then is the other program. */
export async function notingProgram(file: string, program: string, log: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${log}'\nexec '${program}' "$@"\n`);
  await chmod(file, 0o755);
}
