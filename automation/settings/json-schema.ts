import * as z from "zod";
import { samples } from "./samples.ts";
import { fileSchema } from "./schema.ts";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

const ALLOWED = "Allowed: ";

/**
 * The JSON schema of previews.yaml, for editors: draft 7, since there are editors that know no later one.
 * `errorMessage` is not of the standard, which has no place for what is allowed in words; the YAML language server shows it.
 */
export function settingsJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, {
    target: "draft-7",
    io: "input",
    override: ({ zodSchema, jsonSchema, path }) => {
      // On a group it would take the place of which setting in it is unknown or missing.
      const group = jsonSchema.properties !== undefined || path.at(-1) === "propertyNames";
      const allowed = group ? undefined : allowedBy(zodSchema);
      if (allowed !== undefined) jsonSchema["errorMessage"] = `${ALLOWED}${allowed}`;
    },
  });
  return {
    ...($schema === undefined ? {} : { $schema }),
    $id: "urn:preview-environments:previews.yaml",
    title: "previews.yaml",
    description: "Settings of `previews`: an environment for each pull request.",
    ...forEditors(schema, ""),
  };
}

/** What is allowed for a setting, in words. */
export function allowedValues({ errorMessage }: JsonSchema): string | undefined {
  return typeof errorMessage === "string" ? errorMessage.slice(ALLOWED.length) : undefined;
}

/** Every way to get a value wrong has the same message, so that any wrong value tells it. */
function allowedBy(schema: z.core.$ZodType): string | undefined {
  return z.safeParse(schema, Symbol("wrong for every setting")).error?.issues[0]?.message;
}

function forEditors(schema: JsonSchema, key: string): JsonSchema {
  const { default: fallback, properties, items, anyOf, errorMessage, ...rest } = schema;
  const sample = samples[key];
  return {
    ...rest,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    // An editor shows what one of the alternatives allows, though all of it is allowed.
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((alternative) => ({ ...alternative, errorMessage })) }),
    // The default of a group is an empty one: an editor would offer that instead of what can stand in it.
    ...(fallback === undefined || properties !== undefined ? {} : { default: fallback }),
    ...(sample === undefined ? {} : { examples: [sample] }),
    ...(isSchema(items) ? { items: forEditors(items, `${key}[]`) } : {}),
    ...(properties === undefined ? {} : { properties: propertiesForEditors(properties, key) }),
  };
}

function propertiesForEditors(properties: NonNullable<JsonSchema["properties"]>, group: string) {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      isSchema(property) ? forEditors(property, group === "" ? name : `${group}.${name}`) : property,
    ]),
  );
}

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === "object" && schema !== null && !Array.isArray(schema);
}
