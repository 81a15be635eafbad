import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { Violation } from "../../model.ts";
import { describeViolation } from "../../report/violation.ts";

export interface EventWatcher {
  readonly onEvent: (event: EngineEvent) => void;
  /** Error messages so far, each with the resource it is about. */
  diagnostics(): readonly string[];
  sawPendingOperations(): boolean;
  /** Drops the error messages so far: what they were about is tried again. */
  forget(): void;
}

type PolicyEvent = NonNullable<EngineEvent["policyEvent"]>;

const verbs: Readonly<Record<string, string>> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  refresh: "reading",
};

export interface Listeners {
  readonly progress: (text: string) => void;
  /** Told what a policy pack that the engine runs finds. */
  readonly violation: (violation: Violation, urn: string | undefined) => void;
}

/** Listens to the engine: tells what is being done, and keeps what went wrong. */
export function eventWatcher({ progress, violation }: Listeners): EventWatcher {
  const errors: string[] = [];
  let pending = false;
  return {
    onEvent: ({ resourcePreEvent, diagnosticEvent, policyEvent }) => {
      if (resourcePreEvent) {
        const { op, urn, type } = resourcePreEvent.metadata;
        const verb = verbs[op];
        if (verb !== undefined && type !== "pulumi:pulumi:Stack") progress(`${verb} ${resourceName(urn)}`);
      }
      if (policyEvent) {
        const found = violationOf(policyEvent);
        violation(found, policyEvent.resourceUrn);
        if (found.enforcementLevel === "mandatory") errors.push(describeViolation(found));
      }
      if (!diagnosticEvent) return;
      if (/with [0-9]+ pending operations/.test(diagnosticEvent.message)) pending = true;
      if (diagnosticEvent.severity.startsWith("error"))
        errors.push(diagnosticText(diagnosticEvent.urn, diagnosticEvent.message));
    },
    diagnostics: () => errors,
    sawPendingOperations: () => pending,
    forget: () => {
      errors.length = 0;
    },
  };
}

/** `Namespace pr-41` for `urn:pulumi:pr-41::previews::kubernetes:core/v1:Namespace::pr-41`. */
export function resourceName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  const kind = types.split("$").at(-1)?.split(":").at(-1) ?? "";
  return `${kind} ${name.join("::")}`.trim();
}

/** Here the message is all there is: what is wrong, and how to mend it if the pack says so. */
function violationOf({ policyName, enforcementLevel, message, resourceUrn }: PolicyEvent): Violation {
  return {
    rule: policyName,
    enforcementLevel: enforcementLevel === "mandatory" ? "mandatory" : "advisory",
    resource: resourceUrn ? resourceName(resourceUrn) : "the stack",
    problem: withoutColours(message),
  };
}

// The engine marks colours as <{%fg 1%}>.
function withoutColours(message: string): string {
  return message.replace(/<\{%.*?%\}>/g, "").trim();
}

function diagnosticText(urn: string | undefined, message: string): string {
  const text = withoutColours(message);
  const about = urn ? resourceName(urn) : "";
  return about === "" || about.startsWith("Stack ") ? text : `${about}: ${text}`;
}
