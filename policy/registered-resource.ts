import { itemPath, propertyPath } from "./property-path";
import { isObject, UNKNOWN, type Resource } from "./resource";

/** A resource as a program registers it with Pulumi's resource monitor, or as the engine shows it to an analyzer. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Its properties as Pulumi's protocol has them: secrets wrapped, what is unknown as a marker. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
}

/** A registration as the rules see it. */
export function registeredResource({ type, name, urn, properties, protect }: Registration): Resource {
  const secretPaths: string[] = [];
  const props = openObject(properties, "", secretPaths);
  return { type, name, urn, props, protect, secretPaths };
}

// How Pulumi's protocol marks what is no plain data: `@pulumi/pulumi/runtime/rpc`.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** In place of a text, number, flag, list, asset, archive or object that is not known yet. */
const UNKNOWN_MARKERS: readonly unknown[] = [
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/** Takes the wrapping off, and notes where there was a secret. */
function open(value: unknown, path: string, secretPaths: string[]): unknown {
  if (UNKNOWN_MARKERS.includes(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map((item, index) => open(item, itemPath(path, index), secretPaths));
  if (!isObject(value)) return value;
  const signature = value[SIGNATURE];
  if (signature !== SECRET && signature !== OUTPUT) return openObject(value, path, secretPaths);
  if (signature === SECRET || value["secret"] === true) secretPaths.push(path);
  return "value" in value ? open(value["value"], path, secretPaths) : UNKNOWN;
}

function openObject(value: Readonly<Record<string, unknown>>, path: string, secretPaths: string[]) {
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, open(each, propertyPath(path, name), secretPaths)]),
  );
}
