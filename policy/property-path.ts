/** One property somewhere in a tree of plain data. */
export interface Property {
  /** From the root, such as `spec.containers[0].image`. */
  readonly path: string;
  /** Its own name; of a list's item, the list's. */
  readonly key: string;
  readonly value: unknown;
  /** The object or list it belongs to. */
  readonly owner: unknown;
}

/** Every property of a tree, each before those below it. */
export function* propertiesOf(tree: unknown, path = "", key = ""): Generator<Property> {
  if (typeof tree !== "object" || tree === null) return;
  const isList = Array.isArray(tree);
  for (const [name, value] of Object.entries(tree) as [string, unknown][]) {
    const property = isList ? { path: itemPath(path, name), key } : { path: propertyPath(path, name), key: name };
    yield { ...property, value, owner: tree };
    yield* propertiesOf(value, property.path, property.key);
  }
}

/** The path of a property below another. A name with other characters than usual stands in brackets. */
export function propertyPath(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** The path of a list's item. */
export function itemPath(path: string, index: number | string): string {
  return `${path}[${index}]`;
}

/** Whether a path leads to another, or below it. */
export function isWithin(path: string, outer: string): boolean {
  if (!path.startsWith(outer)) return false;
  const next = path[outer.length];
  return outer === "" || next === undefined || next === "." || next === "[";
}
