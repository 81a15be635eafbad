import pLimit, { type LimitFunction } from "p-limit";
import { preferredChallenge, type Challenge } from "./challenge.ts";
import type { Credentials, FoundLogin } from "./credentials.ts";
import type { ImageReference } from "./image-reference.ts";
import type { Answer, RegistryHttp } from "./registry-http.ts";
import { basicAuthorization, readToken, tokenRequest, tokenServer } from "./token-exchange.ts";
import { Unreadable } from "./unreadable.ts";

/** What opens a repository, and on what grounds it was given. */
export interface Authorization {
  readonly header: string;
  readonly found: FoundLogin;
}

export interface Authorizer {
  /** What has opened this image's repository before and should still. Throws what has kept it shut a moment ago. */
  known(image: ImageReference): Authorization | undefined;
  /** Obtains what a 401 asks for; `refused` is what the registry has just been shown. */
  obtain(
    image: ImageReference,
    refusal: Answer,
    refused: Authorization | undefined,
    signal: AbortSignal,
  ): Promise<Authorization>;
  /** The registry refused even what was obtained for it. */
  shut(image: ImageReference, refused: Authorization): Unreadable;
}

type Entry = { readonly until: number } & (
  { readonly authorization: Authorization } | { readonly failure: Unreadable }
);

/** A token this close to its end may be refused by a clock that is ahead. */
const MARGIN_MS = 5000;
/** Twenty pull requests of one repository do not each wait for the same login to fail. */
const FAILURE_KEPT_MS = 30_000;

/** 400 is what OAuth answers to a refresh token that has ended. */
const refusals = [400, 401, 403];

/** Logs in to registries, and remembers each login for as long as it lasts. */
export function authorizer({
  http,
  credentials,
  insecure,
}: {
  readonly http: RegistryHttp;
  readonly credentials: Credentials;
  readonly insecure: readonly string[];
}): Authorizer {
  const entries = new Map<string, Entry>();
  const turns = new Map<string, LimitFunction>();

  function known(image: ImageReference): Authorization | undefined {
    const entry = entries.get(keyOf(image));
    if (entry === undefined || entry.until <= Date.now()) return undefined;
    if ("failure" in entry) throw entry.failure;
    return entry.authorization;
  }

  function shut(image: ImageReference, { found }: Authorization): Unreadable {
    return remember(image, new Unreadable(refusal(image, found, 401)));
  }

  function remember(image: ImageReference, failure: Unreadable): Unreadable {
    entries.set(keyOf(image), { failure, until: Date.now() + FAILURE_KEPT_MS });
    return failure;
  }

  async function obtain(
    image: ImageReference,
    answer: Answer,
    refused: Authorization | undefined,
    signal: AbortSignal,
  ): Promise<Authorization> {
    // One at a time for one repository: the second finds what the first has brought.
    return turn(keyOf(image))(async () => {
      signal.throwIfAborted();
      const another = known(image);
      if (another && another.header !== refused?.header) return another;
      try {
        const { authorization, until } = await login(image, answer, signal);
        entries.set(keyOf(image), { authorization, until });
        return authorization;
      } catch (error) {
        throw error instanceof Unreadable ? remember(image, error) : error;
      }
    });
  }

  function turn(key: string): LimitFunction {
    const made = turns.get(key) ?? pLimit(1);
    turns.set(key, made);
    return made;
  }

  async function login(image: ImageReference, answer: Answer, signal: AbortSignal) {
    const challenge = preferredChallenge(answer.headers["www-authenticate"]);
    if (!challenge) throw new Unreadable(`"${image.registry}" wants a login, but of no kind known here (401)`);
    const found = await credentials.find(image, signal);
    if (challenge.scheme === "bearer") return token(image, challenge, found, signal);
    if (found.login?.kind !== "password") throw new Unreadable(refusal(image, found, 401));
    return { authorization: { header: basicAuthorization(found.login), found }, until: Infinity };
  }

  async function token(image: ImageReference, challenge: Challenge, found: FoundLogin, signal: AbortSignal) {
    const server = tokenServer(image, challenge, found.login, insecure);
    const asked = Date.now();
    const answer = await http.send(tokenRequest(server, image, challenge, found.login), signal);
    if (refusals.includes(answer.status)) throw new Unreadable(refusal(image, found, answer.status));
    const said = `the token server "${server.host}" of "${image.registry}" answered ${answer.status}`;
    if (answer.status !== 200) throw new Unreadable(said);
    const read = readToken(answer.body);
    if (!read) throw new Unreadable(`${said}, but no token`);
    return { authorization: { header: `Bearer ${read.value}`, found }, until: asked + read.seconds * 1000 - MARGIN_MS };
  }

  return { known, obtain, shut };
}

const keyOf = ({ registry, repository }: ImageReference) => `${registry}/${repository}`;

/** Why a repository stays shut, and what opens it. */
export function refusal({ registry, repository }: ImageReference, found: FoundLogin, status: number): string {
  const problems = found.problems.map((problem) => `; ${problem}`).join("");
  const why = found.login ? "the login known for it is refused" : "it wants a login, and none is known";
  const cure = `run "docker login ${registry}" with one that may read it`;
  return `"${registry}/${repository}" may not be read: ${why} (${status}); ${cure}${problems}`;
}
