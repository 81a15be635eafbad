import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { setMockOptions } from "@pulumi/pulumi/runtime/settings.js";
import type { Registration } from "../../policy-pack.ts";

/**
 * What an inline program registers, without an engine: nothing is made, and every property a provider would answer is
 * its input. Within a process it must not run beside another program: Pulumi's inline programs share its handlers.
 */
export async function registeredResources(
  program: () => object,
  { project, stack }: { readonly project: string; readonly stack: string },
): Promise<readonly Registration[]> {
  const recorder = new Recorder({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as Record<string, unknown> }),
    call: () => ({}),
  });
  setMockOptions(recorder, project, stack, true);
  const failures: unknown[] = [];
  // Pulumi makes more than one promise of a program, and nobody would take note of the others' rejection.
  const attempt = () => {
    try {
      return program();
    } catch (error) {
      failures.push(error);
      return {};
    }
  };
  await pulumi.runtime.runInPulumiStack(() => Promise.resolve(attempt()));
  // Outputs may be there before the last registration is.
  await pulumi.runtime.disconnect();
  if (failures.length > 0) throw failures[0];
  return [...recorder.registrations.values()];
}

interface Struct {
  toJavaScript(): Readonly<Record<string, unknown>>;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getProtect(): boolean;
  getObject(): Struct | undefined;
}

interface OutputsRequest {
  getUrn(): string;
  getOutputs(): Struct | undefined;
}

type Callback = (error: unknown, response: { getUrn(): string } | undefined) => void;

const STACK = "pulumi:pulumi:Stack";

/** Answers like a resource monitor whose providers agree with everything, and keeps what it is asked for. */
class Recorder extends MockMonitor {
  readonly registrations = new Map<string, Registration>();

  override registerResource(request: RegisterRequest, callback: Callback): Promise<void> {
    return super.registerResource(request, (error: unknown, response: { getUrn(): string } | undefined) => {
      if (response !== undefined) {
        const urn = response.getUrn();
        this.registrations.set(urn, {
          urn,
          type: request.getType(),
          name: request.getName(),
          protect: request.getProtect(),
          properties: request.getObject()?.toJavaScript() ?? {},
        });
      }
      callback(error, response);
    });
  }

  override registerResourceOutputs(request: OutputsRequest, callback: Callback): void {
    const known = this.registrations.get(request.getUrn());
    if (known?.type === STACK) {
      this.registrations.set(known.urn, { ...known, properties: request.getOutputs()?.toJavaScript() ?? {} });
    }
    super.registerResourceOutputs(request, callback);
  }
}
