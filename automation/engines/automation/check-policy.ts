import type { Violation } from "../../model.ts";
import { loadRules, type PolicyPack } from "../../policy-pack.ts";
import { describeViolation } from "../../report/violation.ts";
import { PolicyRefusal } from "../engine.ts";
import type { Findings } from "./findings.ts";
import { registeredResources } from "./registered-resources.ts";

/**
 * Runs a pack's rules over what a program registers, before anything of its stack is touched. Throws a
 * {@link PolicyRefusal} if a mandatory one is broken, after it has told everything.
 */
export async function checkPolicy(
  { folder, rules, config }: PolicyPack,
  program: () => object,
  stack: { readonly project: string; readonly stack: string },
  findings: Findings,
): Promise<void> {
  if (rules === undefined) return;
  const violations = await runRules(rules, config, program, stack).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    throw new PolicyRefusal(`the rules of the policy pack "${folder}" could not be run: ${text}`, { cause: error });
  });
  for (const { urn, ...violation } of violations) findings.byRules(violation, urn);
  const broken = violations.filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
  if (broken.length > 0) throw new PolicyRefusal(describeRefusal(broken));
}

async function runRules(
  file: string,
  config: PolicyPack["config"],
  program: () => object,
  stack: { readonly project: string; readonly stack: string },
) {
  const { checkProgram } = await loadRules(file);
  return checkProgram(await registeredResources(program, stack), config);
}

function describeRefusal(broken: readonly Violation[]): string {
  const texts = broken.map((violation) => describeViolation(violation).replaceAll("\n", "\n  "));
  return `the policy pack forbids it; nothing was changed.\n${texts.join("\n")}`;
}
