import { createPublicKey } from "node:crypto";
import { z } from "zod";
import type { App } from "./apps.ts";
import { permissionNames } from "./token-permissions.ts";

const app = z.strictObject({
  id: z.int().positive(),
  slug: z.string().regex(/^[a-z0-9-]+$/),
  publicKey: z.string().refine(isPublicKey, "expected a public key in PEM"),
  permissions: z.partialRecord(z.enum(permissionNames), z.enum(["read", "write"])),
  repositories: z.array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected "owner/name"')),
});

/**
 * Reads a JSON list of GitHub Apps, with the fields of {@link App}.
 *
 * @throws Error naming every field that is wrong
 */
export function parseApps(text: string): readonly App[] {
  const { success, data, error } = z.array(app).safeParse(parseJson(text));
  if (success) return data;
  const problems = error.issues.map(({ path, message }) => `${path.join(".") || "all of it"}: ${message}`);
  throw new Error(`Cannot read the file of apps: ${problems.join("; ")}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot read the file of apps: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function isPublicKey(text: string): boolean {
  try {
    return createPublicKey(text).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}
