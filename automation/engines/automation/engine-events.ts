import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

export interface EventWatcher {
  readonly onEvent: (event: EngineEvent) => void;
  /** Error messages so far, each with the resource it is about. */
  diagnostics(): readonly string[];
  sawPendingOperations(): boolean;
  /** Drops the error messages so far: what they were about is tried again. */
  forget(): void;
}

const verbs: Readonly<Record<string, string>> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  refresh: "reading",
};

/** Listens to the engine: tells what is being done, and keeps what went wrong. */
export function eventWatcher(progress: (text: string) => void): EventWatcher {
  const errors: string[] = [];
  let pending = false;
  return {
    onEvent: ({ resourcePreEvent, diagnosticEvent }) => {
      if (resourcePreEvent) {
        const { op, urn, type } = resourcePreEvent.metadata;
        const verb = verbs[op];
        if (verb !== undefined && type !== "pulumi:pulumi:Stack") progress(`${verb} ${resourceName(urn)}`);
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

function diagnosticText(urn: string | undefined, message: string): string {
  // The engine marks colours as <{%fg 1%}>.
  const text = message.replace(/<\{%.*?%\}>/g, "").trim();
  const about = urn ? resourceName(urn) : "";
  return about === "" || about.startsWith("Stack ") ? text : `${about}: ${text}`;
}
