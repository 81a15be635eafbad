import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { vi } from "vitest";

/** One resource as a program registers it with the engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly dependsOn: readonly string[];
  readonly inputs: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface Run {
  readonly resources: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the provider answers beside the inputs, by type. */
export type Answers = Readonly<Record<string, object>>;

interface RegisterRequest {
  toObject(): {
    readonly type: string;
    readonly name: string;
    readonly parent: string;
    readonly dependenciesList: readonly string[];
    readonly additionalsecretoutputsList: readonly string[];
    readonly replaceonchangesList: readonly string[];
    readonly deletebeforereplace: boolean;
    readonly protect: boolean;
    readonly customtimeouts?: Readonly<Record<string, string>>;
  };
  getObject(): { toJavaScript(): unknown };
}

/** Runs a program under mocks. Gives everything it registers, in a stable order, and its plain outputs. */
export async function run(
  program: () => object,
  answers: Answers = {},
  project = "preview-environments",
): Promise<Run> {
  // The mocks are told inputs only; the request itself also says what depends on what, and what is secret.
  const spy = vi.spyOn(MockMonitor.prototype, "registerResource");
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...(inputs as object), ...answers[type] },
      }),
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    project,
    "test",
  );
  try {
    const outputs = await pulumi.runtime.runInPulumiStack(() => Promise.resolve(program()));
    // Outputs may be there before the last registration is.
    await pulumi.runtime.disconnect();
    const requests = spy.mock.calls.map(([request]) => registered(request as RegisterRequest));
    const resources = requests.filter(({ type }) => type !== "pulumi:pulumi:Stack");
    return { resources: resources.sort((a, b) => compare(key(a), key(b))), outputs: await valueOf(outputs) };
  } finally {
    spy.mockRestore();
  }
}

/** The only resource of that name, below that parent if it is given. */
export function find(resources: readonly Registered[], name: string, parent?: string): Registered {
  const found = resources.filter((each) => each.name === name && (parent === undefined || each.parent === parent));
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) throw new Error(`${found.length} resources are named "${name}"`);
  return only;
}

function registered(request: RegisterRequest): Registered {
  const { type, name, parent, dependenciesList, customtimeouts, ...more } = request.toObject();
  const timeouts = readableTimeouts(customtimeouts ?? {});
  const options = {
    ...(Object.keys(timeouts).length > 0 ? { customTimeouts: timeouts } : {}),
    ...(more.deletebeforereplace ? { deleteBeforeReplace: true } : {}),
    ...(more.protect ? { protect: true } : {}),
    ...(more.replaceonchangesList.length > 0 ? { replaceOnChanges: more.replaceonchangesList } : {}),
    ...(more.additionalsecretoutputsList.length > 0
      ? { additionalSecretOutputs: more.additionalsecretoutputsList }
      : {}),
  };
  return {
    type,
    name,
    parent: nameOf(parent),
    dependsOn: dependenciesList.map(nameOf).sort(),
    inputs: readable(request.getObject().toJavaScript()),
    ...(Object.keys(options).length > 0 ? { options } : {}),
  };
}

function key({ parent, name }: Registered): string {
  return `${parent}/${name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** Those that are set. Protobuf writes `pb_delete`, since `delete` is a word of the language. */
function readableTimeouts(timeouts: Readonly<Record<string, string>>): Record<string, string> {
  const set = Object.entries(timeouts).filter(([, value]) => value !== "");
  return Object.fromEntries(set.map(([name, value]) => [name.replace("pb_", ""), value]));
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Sorted keys; secrets as `{ secret: … }`, resource references by name. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === SECRET) return { secret: readable(object["value"]) };
  const sorted = Object.entries(object).sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(sorted.map(([name, each]) => [name, readable(each)]));
}

function valueOf(outputs: unknown): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    pulumi.output(outputs as Record<string, string> | undefined).apply((value) => {
      resolve(value ?? {});
    });
  });
}
