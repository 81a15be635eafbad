import { execFile } from "node:child_process";
import { unreachable, wrongSetting } from "../../problem.ts";
import { describeFailure } from "./pulumi-failure.ts";

export interface PulumiCommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs a command of the Pulumi CLI that runs no program: without the SDK, which takes a second to load. */
export function pulumi(args: readonly string[], options: PulumiCommandOptions): Promise<string> {
  const { env, cwd, signal, redact } = options;
  return new Promise((resolve, reject) => {
    execFile(
      "pulumi",
      [...args, "--non-interactive"],
      { env, cwd, signal, maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (signal.aborted) reject(signal.reason as Error);
        else if (error.code === "ENOENT") {
          reject(wrongSetting("PATH", "the program pulumi is not on it; install the Pulumi CLI", error));
        } else {
          const text = redact(describeFailure(stderr.trim() || error.message));
          reject(unreachable("pulumi.backendUrl", `pulumi ${args.slice(0, 2).join(" ")} failed: ${text}`));
        }
      },
    );
  });
}
