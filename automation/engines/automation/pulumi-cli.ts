import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";

// By a process of its own, while this one loads the rest of Pulumi's SDK.
const asked = PulumiCommand.get();
// A CLI that cannot be used is the first job's failure.
asked.catch(() => undefined);

/** The CLI, asked for its version once in the life of a worker. */
export function pulumiCli(): Promise<PulumiCommand> {
  return asked;
}
