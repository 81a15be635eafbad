/** One way in that a server offers in `WWW-Authenticate`. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

// Sticky: each is tried where the one before it ended. Values may be bare even where a strict reader wants quotes.
const separators = /[\s,]*/y;
const parameter = /([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/y;
const scheme = /([\w!#$%&'*+.^`|~-]+)(?:\s+[\w.~+/-]+=*\s*(?=,|$))?/y;

/** Reads a header, also several joined by commas. What cannot be read ends it; what came before it counts. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match) position = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(separators);
    const current = challenges.at(-1);
    const pair = current && take(parameter);
    if (pair) {
      const [, name = "", quoted, bare] = pair;
      current.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
      continue;
    }
    const start = take(scheme);
    if (!start) return challenges;
    challenges.push({ scheme: (start[1] ?? "").toLowerCase(), parameters: new Map() });
  }
}

/** The way in to take: a token rather than the password itself. */
export function preferredChallenge(header: string | undefined): Challenge | undefined {
  const challenges = parseChallenges(header ?? "");
  const find = (wanted: string) => challenges.find(({ scheme: offered }) => offered === wanted);
  return find("bearer") ?? find("basic");
}
