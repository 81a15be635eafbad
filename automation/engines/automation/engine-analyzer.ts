import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";
import type { PolicyPack } from "../../policy-pack.ts";
import type { EventWatcher } from "./engine-events.ts";

export interface AnalyzedUpdate {
  readonly stack: Stack;
  readonly options: UpOptions;
  readonly pack: PolicyPack;
  readonly workDir: string;
  readonly watcher: EventWatcher;
  /** Told why the engine cannot run the pack, before it goes on without. */
  readonly withoutAnalyzer: (reason: string) => void;
}

/** An update of the stack in which the engine runs a policy pack too, if it can; it may be tried more than once. */
export async function analyzedUpdate(update: AnalyzedUpdate): Promise<() => Promise<void>> {
  const { stack, options, pack, workDir, watcher, withoutAnalyzer } = update;
  const file = join(workDir, "policy-config.json");
  await writeFile(file, JSON.stringify(pack.config));
  let analyzer: UpOptions | undefined = { policyPacks: [pack.folder], policyPackConfigs: [file] };
  return async () => {
    try {
      await stack.up({ ...options, ...analyzer });
    } catch (error) {
      const reason = analyzerObstacle([String(error), ...watcher.diagnostics()].join("\n"));
      // A pack whose rules have not been run in another way forbids everything.
      if (reason === undefined || pack.rules === undefined || options.signal?.aborted) throw error;
      withoutAnalyzer(reason);
      watcher.forget();
      analyzer = undefined;
      await stack.up(options);
    }
  };
}

/** What engines say that have no means to run a pack: they look for a program, and newer ones ask the language host. */
const NO_ANALYZER = [
  /could not start policy pack .*? is missing/s,
  /code = Unimplemented desc = [^\n]*RunPlugin[^\n]*/,
];

/** Why an engine cannot run policy packs at all. Undefined: that is not what is wrong. PURE. */
export function analyzerObstacle(message: string): string | undefined {
  const text = NO_ANALYZER.map((pattern) => pattern.exec(message)?.[0]).find((found) => found !== undefined);
  return text?.replace(/\s+/g, " ");
}
