import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import parseVersion from "semver/functions/parse.js";

const [, , known] = process.argv;

// By a process of its own, while this one loads the rest of Pulumi's SDK.
const asked = known === undefined ? PulumiCommand.get() : Promise.resolve(ofVersion(known));
// A CLI that cannot be used is the first job's failure.
asked.catch(() => undefined);

/** The CLI, asked for its version at most once in the life of a worker. */
export function pulumiCli(): Promise<PulumiCommand> {
  return asked;
}

/** The CLI's version, where this worker had to ask for it. */
export async function askedVersion(): Promise<string | undefined> {
  return known === undefined ? (await asked).version?.version : undefined;
}

/** Its constructor is not for the public, and everything that is asks the CLI. */
function ofVersion(version: string): PulumiCommand {
  return Reflect.construct(PulumiCommand, ["pulumi", parseVersion(version)]) as PulumiCommand;
}
