import { createPublicKey, verify } from "node:crypto";
import { ApiError } from "./api-error.ts";

export interface AppKey {
  readonly id: number;
  /** PEM */
  readonly publicKey: string;
}

/** The longest life GitHub lets an app give its own token, in seconds. */
const longestLife = 600;

/** True for what has the shape of a JSON Web Token, which no other token of GitHub's has. */
export function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

/**
 * The app that signed this token with RS256 as GitHub asks for.
 *
 * @throws ApiError in GitHub's words, which octokit reads to correct its clock
 */
export function appOfJwt<App extends AppKey>(jwt: string, apps: readonly App[], now: Date): App {
  const undecodable = new ApiError(401, "A JSON web token could not be decoded");
  const [head = "", body = "", signature = ""] = jwt.split(".");
  const header = decode(head);
  const claims = decode(body);
  if (!header || !claims || header["alg"] !== "RS256") throw undecodable;
  const app = apps.find(({ id }) => String(id) === String(claims["iss"]));
  if (!app) throw new ApiError(404, "Integration not found");
  const signed = Buffer.from(`${head}.${body}`);
  const key = createPublicKey(app.publicKey);
  if (!verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url"))) throw undecodable;
  checkTimes(claims, now.getTime() / 1000);
  return app;
}

function checkTimes({ iat, exp }: Readonly<Record<string, unknown>>, now: number): void {
  if (typeof iat !== "number" || !Number.isInteger(iat) || iat > now) {
    const rule = "must be an Integer representing the time that the assertion was issued";
    throw new ApiError(401, `'Issued at' claim ('iat') ${rule}`);
  }
  if (typeof exp !== "number" || exp <= now) {
    const rule = "must be a numeric value representing the future time at which the assertion expires";
    throw new ApiError(401, `'Expiration time' claim ('exp') ${rule}`);
  }
  if (exp > now + longestLife) throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
