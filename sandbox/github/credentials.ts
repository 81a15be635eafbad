import { permissions, type Permission, type TokenPermissions } from "./model.ts";
import { parsePermissions, permissionNames } from "./token-permissions.ts";

export interface Credential {
  readonly login: string;
  readonly token: string;
  /** On the repositories the server was started with; on their own forks users are administrators anyway. */
  readonly permission: Permission;
  /** Makes it a fine-grained token, which may do no more than this, whatever its owner may do. */
  readonly tokenPermissions?: TokenPermissions;
}

/**
 * Reads a token file: one `login:token:permission` a line, or a lone token, which belongs to the administrator `maintainer`.
 * A fourth part makes the token a fine-grained one: `login:token:permission:pull_requests=write,contents=read`; a user can
 * have several tokens. Empty lines and lines starting with `#` are skipped.
 *
 * @throws Error naming every line that cannot be read
 */
export function parseCredentials(text: string): readonly Credential[] {
  const problems: string[] = [];
  const credentials = text.split("\n").flatMap((line, index) => {
    const entry = line.trim();
    if (entry === "" || entry.startsWith("#")) return [];
    const credential = parseLine(entry);
    if (!credential) problems.push(`line ${index + 1}: expected "login:token:permission[:name=access,…]"`);
    return credential ? [credential] : [];
  });
  if (problems.length === 0 && credentials.length === 0) problems.push("no token in it");
  if (problems.length > 0) {
    throw new Error(
      `Cannot read the token file: ${problems.join("; ")}. Permissions are ${permissions.join(", ")}; ` +
        `those of a fine-grained token are ${permissionNames.join(", ")}, each read or write.`,
    );
  }
  return credentials;
}

function parseLine(entry: string): Credential | undefined {
  const [login = "", token, permission, limits, ...more] = entry.split(":");
  if (token === undefined) return { login: "maintainer", token: login, permission: "admin" };
  if (login === "" || token === "" || !isPermission(permission) || more.length > 0) return undefined;
  if (limits === undefined) return { login, token, permission };
  const tokenPermissions = parsePermissions(limits);
  return tokenPermissions && { login, token, permission, tokenPermissions };
}

function isPermission(value: string | undefined): value is Permission {
  return permissions.some((permission) => permission === value);
}

/** The secret in an `Authorization` header: `token X`, `Bearer X`, or the password of `Basic`, whatever the user name. */
export function tokenOf(authorization: string): string {
  const [scheme = "", value = ""] = authorization.trim().split(/\s+/, 2);
  if (scheme.toLowerCase() !== "basic") return value;
  const [user = "", ...password] = Buffer.from(value, "base64").toString("utf8").split(":");
  return password.join(":") || user;
}
