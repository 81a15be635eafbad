const SHORTEST_SECRET = 4;

/** Makes a function that blots these secrets out of a text. Very short ones would blot out words as well. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)]
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => known.reduce((result, secret) => result.replaceAll(secret, "[secret]"), text);
}
