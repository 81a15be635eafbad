import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Document } from "openapi-backend";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
const methods = ["get", "put", "post", "patch", "delete"];

export interface Description {
  /** GitHub's own description, cut down to the operations asked for and what they refer to. */
  readonly document: Document;
  /** Whether GitHub has an operation at this method and path, be it answered here or not. */
  knows(method: string, path: string): boolean;
}

/** Reads GitHub's OpenAPI description as octokit publishes it. The whole of it takes minutes to compile, a part moments. */
export function readDescription(operationIds: ReadonlySet<string>): Description {
  const whole = JSON.parse(readFileSync(file, "utf8")) as JsonObject;
  const paths = whole["paths"] as Readonly<Record<string, JsonObject>>;
  // No more than this is kept of thirteen megabytes.
  const known = Object.entries(paths).map(([path, item]) => ({
    pattern: pathPattern(path),
    methods: Object.keys(item),
  }));
  return {
    document: prune(whole, paths, operationIds),
    knows: (method, path) =>
      known.some(({ pattern, methods: has }) => has.includes(method.toLowerCase()) && pattern.test(path)),
  };
}

/** JSON schemas of what webhooks deliver, by the name that GitHub's description gives each. */
export function readPayloadSchemas(names: readonly string[]): ReadonlyMap<string, object> {
  const whole = JSON.parse(readFileSync(file, "utf8")) as JsonObject;
  const schemas = (whole["components"] as Readonly<Record<string, JsonObject>>)["schemas"] ?? {};
  return new Map(
    names.map((name) => {
      const schema = schemas[name];
      if (!isObject(schema)) throw new Error(`GitHub's description has no payload ${name}`);
      const components: Record<string, Record<string, Json>> = {};
      const cleaned = clean(schema) as JsonObject;
      collectComponents(cleaned, whole, components);
      return [name, { ...cleaned, components }];
    }),
  );
}

function prune(whole: JsonObject, paths: Readonly<Record<string, JsonObject>>, wanted: ReadonlySet<string>): Document {
  const kept: Record<string, JsonObject> = {};
  const found = new Set<string>();
  for (const [path, item] of Object.entries(paths)) {
    for (const method of methods) {
      const operation = item[method] as JsonObject | undefined;
      const id = operation?.["operationId"];
      if (operation === undefined || typeof id !== "string" || !wanted.has(id)) continue;
      found.add(id);
      kept[path] = { ...kept[path], [method]: operation };
    }
  }
  const missing = [...wanted].filter((id) => !found.has(id));
  if (missing.length > 0) throw new Error(`GitHub's description has no operation ${missing.join(", ")}`);
  const components: Record<string, Record<string, Json>> = {};
  const cleaned = clean(kept);
  collectComponents(cleaned, whole, components);
  correct(components);
  return {
    openapi: "3.0.3",
    info: { title: "GitHub", version: "1" },
    paths: cleaned,
    components,
  } as unknown as Document;
}

/** Where GitHub answers otherwise than its description says: the head of a pull request has no repository once that is deleted. */
function correct(components: Readonly<Record<string, Record<string, Json>>>): void {
  for (const name of ["pull-request", "pull-request-simple"]) {
    const head = property(components["schemas"]?.[name], "head");
    const repository = property(head, "repo");
    if (repository) (head?.["properties"] as Record<string, Json>)["repo"] = { anyOf: [repository, { type: "null" }] };
  }
}

function property(schema: Json | undefined, name: string): JsonObject | undefined {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  const found = isObject(properties) ? properties[name] : undefined;
  return isObject(found) ? found : undefined;
}

function collectComponents(value: Json, whole: JsonObject, into: Record<string, Record<string, Json>>): void {
  if (typeof value !== "object" || value === null) return;
  const reference = isObject(value) ? value["$ref"] : undefined;
  if (typeof reference === "string") {
    const [kind = "", name = ""] = reference.replace("#/components/", "").split("/");
    const group = (into[kind] ??= {});
    if (name in group) return;
    const component = clean((whole["components"] as Record<string, JsonObject>)[kind]?.[name] ?? {});
    group[name] = component;
    collectComponents(component, whole, into);
    return;
  }
  for (const child of Object.values(value)) collectComponents(child, whole, into);
}

/** Drops what no check needs, and says "or null" in the way the validator takes where a schema has no type of its own. */
function clean(value: Json): Json {
  if (isList(value)) return value.map(clean);
  if (!isObject(value)) return value;
  const orNull = value["nullable"] === true && !("type" in value);
  const kept = Object.entries(value).filter(
    ([key, child]) => !isDocumentation(key, child) && !(orNull && key === "nullable"),
  );
  const copy = Object.fromEntries(kept.map(([key, child]) => [key, clean(child)]));
  return orNull ? { anyOf: [copy, { type: "null" }] } : copy;
}

/** Schemas may well have a property called "description"; that one is an object. */
function isDocumentation(key: string, value: Json): boolean {
  if (key === "description" || key === "summary") return typeof value === "string";
  return key === "examples" || key === "externalDocs" || key === "x-github";
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pathPattern(path: string): RegExp {
  const source = path
    .split(/\{[^}]+\}/)
    .map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/]+");
  return new RegExp(`^${source}$`);
}
