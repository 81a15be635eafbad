import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import parseVersion from "semver/functions/parse.js";

/** The CLI on PATH, of which the driver knows the version: everything of Pulumi's that is for the public asks it first. */
export function pulumiCli(version: string): PulumiCommand {
  return Reflect.construct(PulumiCommand, ["pulumi", parseVersion(version)]) as PulumiCommand;
}
