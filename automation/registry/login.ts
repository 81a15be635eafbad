/** What proves to a registry who asks. */
export type Login =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** A refresh token, as `docker login` keeps for registries that hand one out. */
  | { readonly kind: "identityToken"; readonly token: string };

/** The user name under which Docker's credential helpers hand out identity tokens. */
const TOKEN_USER = "<token>";

export function loginFrom(username: string | undefined, password: string | undefined): Login | undefined {
  if (!username || !password) return undefined;
  if (username === TOKEN_USER) return { kind: "identityToken", token: password };
  return { kind: "password", username, password };
}
