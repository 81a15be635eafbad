/** What a URN says about the place of a resource. */
export interface Urn {
  readonly stack: string;
  /** Types of its parents, the outermost first. */
  readonly parentTypes: readonly string[];
}

const PREFIX = "urn:pulumi:";

/** Takes a URN apart: `urn:pulumi:<stack>::<project>::<type>$<type>::<name>`. */
export function parseUrn(urn: string): Urn {
  const [stack = "", , types = ""] = urn.startsWith(PREFIX) ? urn.slice(PREFIX.length).split("::") : [];
  return { stack, parentTypes: types.split("$").slice(0, -1) };
}

const OWN_COMPONENTS = "preview-environments:index:";

/** Whether a resource belongs to one of our components, by the component's name, such as `PreviewEnvironment`. */
export function isPartOf(urn: string, ...components: readonly string[]): boolean {
  return parseUrn(urn).parentTypes.some((type) => components.some((name) => type === OWN_COMPONENTS + name));
}
