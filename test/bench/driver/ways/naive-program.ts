import { readFileSync } from "node:fs";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { PreviewSpec } from "../../../../components/manifests/preview.ts";
import { previewProgram } from "../../../../stacks/preview/program.ts";

/** What the program is told, in the file that its only argument names. */
export interface NaiveWork {
  readonly action: "up" | "destroy";
  readonly project: string;
  readonly kubeconfig: string;
  readonly timeout: string;
  readonly previews: readonly { readonly name: string; readonly spec: PreviewSpec }[];
}

// As Pulumi's own examples of the Automation API have it: one stack after the other, from the same process.
const [, , file = ""] = process.argv;
const { action, project, kubeconfig, timeout, previews } = JSON.parse(readFileSync(file, "utf8")) as NaiveWork;
for (const { name, spec } of previews) {
  const stack = await LocalWorkspace.createOrSelectStack({
    stackName: name,
    projectName: project,
    program: () => Promise.resolve(previewProgram({ spec, kubeconfig, timeout })),
  });
  if (action === "up") await stack.up();
  else {
    await stack.destroy();
    await stack.workspace.removeStack(name);
  }
}
// The SDK leaves a server open.
process.exit(0);
