import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalWorkspace, PulumiFn, Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";
import * as server from "@pulumi/pulumi/automation/server.js";

export interface MakingUpdate {
  readonly stack: Stack;
  readonly workspace: LocalWorkspace;
  readonly workDir: string;
  readonly project: string;
  readonly program: PulumiFn;
  readonly options: UpOptions;
}

/** The CLI says that it has made the stack well before it asks for the program; so long its words may be on their way. */
const ON_THEIR_WAY_MS = 1000;
const CLIENT = "--client=";

/**
 * Makes a stack and fills it in one run of Pulumi: `pulumi up` of a template makes the stack that it is told of. Two runs would be two
 * starts of the CLI, and two keys derived from one passphrase. Answers false where the CLI did not make it, be it that there is
 * one, be it that it cannot in this way: then the program was not run.
 */
export async function makingUpdate(update: MakingUpdate): Promise<boolean> {
  const { stack, workspace, workDir, project, program, options } = update;
  let said = "";
  const state = { hasRun: false };
  const made = Promise.withResolvers<true>();
  const listen = (text: string) => {
    said += text;
    if (/^Created stack '/m.test(said)) made.resolve(true);
  };
  // A stack that was there is another run's, and may be another repository's: nothing of it is to be touched.
  const ofNewStack: PulumiFn = async () => {
    const isNew = await Promise.race([made.promise, sleep(ON_THEIR_WAY_MS, false)]);
    if (!isNew) throw new Error("there is a stack already");
    state.hasRun = true;
    return program();
  };
  fromTemplate(workspace, join(workDir, "template"), project);
  try {
    await stack.up({ ...options, program: ofNewStack, onOutput: listen, onError: listen });
    return true;
  } catch (error) {
    if (state.hasRun || options.signal?.aborted) throw error;
    return false;
  }
}

/** What the SDK has and does not declare. */
interface Command {
  run: (args: readonly string[], ...rest: readonly unknown[]) => Promise<unknown>;
}

interface Host {
  readonly LanguageServer?: { readonly prototype: object };
}

/** Has the next command read the project from a template, with the language host that the SDK tells the CLI of. */
function fromTemplate({ pulumiCommand }: LocalWorkspace, folder: string, name: string): void {
  const command = pulumiCommand as unknown as Command;
  const run = command.run.bind(command);
  command.run = async ([operation = "", ...args], ...rest) => {
    command.run = run;
    const address = args.find((arg) => arg.startsWith(CLIENT))?.slice(CLIENT.length);
    const runtime = { name: "client", options: { address } };
    await mkdir(folder);
    await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify({ name, runtime }));
    return run([operation, folder, ...args], ...rest);
  };
}

// The CLI has what a template depends on installed, and the SDK's language host does not know that request. All is there.
Object.assign((server as Host).LanguageServer?.prototype ?? {}, {
  installDependencies: (call: { readonly end: () => void }) => {
    call.end();
  },
});
