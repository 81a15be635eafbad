import type { Operation } from "openapi-backend";
import { ApiError } from "./api-error.ts";

/**
 * Clients in Go, Flux's among them, write `null` where they have nothing to say.
 *
 * @throws ApiError for what is not a JSON object or list
 */
export function parseBody(text: string): unknown {
  if (["", "null"].includes(text.trim())) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
  throw new ApiError(400, "Body should be a JSON object");
}

/** The parameters in a path; those that the description calls integers are numbers. */
export function pathParameters(
  operation: Operation,
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const numbers = new Set(
    (operation.parameters ?? []).flatMap((parameter) =>
      "in" in parameter && parameter.in === "path" && isInteger(parameter.schema) ? [parameter.name] : [],
    ),
  );
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]),
  );
}

/** False for what no path can be decoded from. */
export function isText(path: string): boolean {
  try {
    return decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
}

function isInteger(schema: object | undefined): boolean {
  return schema !== undefined && "type" in schema && schema.type === "integer";
}

export function withoutUndefined(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
