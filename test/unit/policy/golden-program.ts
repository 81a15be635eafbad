import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { registeredResource } from "../../../policy/registered-resource.ts";
import type { Program, Resource } from "../../../policy/resource.ts";

/** What a component's golden file says of one resource. */
interface Golden {
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly inputs: Properties;
  readonly options?: { readonly protect?: boolean };
}

type Properties = Readonly<Record<string, unknown>>;

const folder = join(import.meta.dirname, "../components/golden");

/** Names of all golden files: every program whose registered resources they hold. */
export const goldenNames = globSync("*.json", { cwd: folder })
  .map((file) => basename(file, ".json"))
  .sort();

/** What a golden file's program registers, as the rules see it. */
export function goldenProgram(name: string): Program {
  const all = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Golden[];
  return { resources: all.map((each) => resourceOf(each, all)) };
}

/** The resource of that name in a golden file, below that component where several are called so. */
export function golden(file: string, name: string, component = ""): Resource {
  const found = goldenProgram(file).resources.filter(
    (each) => each.name === name && each.type.startsWith("kubernetes:") && each.urn.includes(component),
  );
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) throw new Error(`${file}.json has ${found.length} resources "${name}"`);
  return only;
}

function resourceOf({ type, name, parent, inputs, options }: Golden, all: readonly Golden[]): Resource {
  const component = all.find((each) => each.name === parent && each.type.startsWith("preview-environments:index:"));
  const types = component === undefined ? type : `${component.type}$${type}`;
  return registeredResource({
    type,
    name,
    urn: `urn:pulumi:test::preview-environments::${types}::${name}`,
    properties: onTheWire(inputs) as Properties,
    protect: options?.protect ?? false,
  });
}

/** Golden files write `{ "secret": … }` for what Pulumi's protocol wraps. */
function onTheWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(onTheWire);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, onTheWire(each)] as const);
  const [[key, content] = []] = entries;
  return entries.length === 1 && key === "secret" ? secretOnTheWire(content) : Object.fromEntries(entries);
}

/** A secret as Pulumi's protocol wraps it. */
export function secretOnTheWire(value: unknown): Properties {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}
