import * as z from "zod";
import type { Challenge } from "./challenge.ts";
import type { ImageReference } from "./image-reference.ts";
import type { Login } from "./login.ts";
import { isLoopback, mayBePlain } from "./plain-http.ts";
import type { Request } from "./registry-http.ts";
import { Unreadable } from "./unreadable.ts";

/** The protocol's default (https://distribution.github.io/distribution/spec/auth/token/). */
const DEFAULT_SECONDS = 60;
const CLIENT = "preview-environments";

const schema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

export interface Token {
  readonly value: string;
  readonly seconds: number;
}

/** Where tokens are had. A login goes nowhere unencrypted beyond this machine, whatever the user has listed. */
export function tokenServer(
  { registry }: Pick<ImageReference, "registry">,
  { parameters }: Challenge,
  login: Login | undefined,
  insecure: readonly string[],
): URL {
  const realm = parameters.get("realm") ?? "";
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url?.protocol === "https:") return url;
  if (url?.protocol !== "http:") throw new Unreadable(`"${registry}" does not say where its tokens are had`);
  if (login ? isLoopback(url.host) : mayBePlain(url.host, insecure)) return url;
  throw new Unreadable(`"${registry}" wants a login at "${url.host}" without encryption: nothing was sent there`);
}

/** Asks for a token: as whoever the login says, else as nobody. */
export function tokenRequest(
  server: URL,
  { repository }: Pick<ImageReference, "repository">,
  { parameters }: Challenge,
  login: Login | undefined,
): Request {
  const scope = parameters.get("scope") ?? `repository:${repository}:pull`;
  const service = parameters.get("service");
  const form = new URLSearchParams(service === undefined ? {} : { service });
  if (login?.kind === "identityToken") {
    form.append("scope", scope);
    form.append("client_id", CLIENT);
    form.append("grant_type", "refresh_token");
    form.append("refresh_token", login.token);
    return { method: "POST", url: server, form };
  }
  const url = new URL(server);
  for (const [name, value] of form) url.searchParams.append(name, value);
  for (const one of scope.split(" ")) url.searchParams.append("scope", one);
  if (!login) return { method: "GET", url };
  url.searchParams.append("account", login.username);
  return { method: "GET", url, authorization: basicAuthorization(login) };
}

/** Nothing, where the answer holds no token that may stand in a header. */
export function readToken(body: string): Token | undefined {
  const { token, access_token, expires_in = DEFAULT_SECONDS } = parse(body) ?? {};
  const value = token || access_token;
  return value && /^[\x21-\x7e]+$/.test(value) ? { value, seconds: expires_in } : undefined;
}

function parse(body: string): z.infer<typeof schema> | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

export function basicAuthorization({ username, password }: Extract<Login, { readonly kind: "password" }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
