import pLimit from "p-limit";
import { authorizer, refusal, type Authorization } from "./authorization.ts";
import { dockerCredentials } from "./credentials.ts";
import { parseReference, type ImageReference } from "./image-reference.ts";
import type { ImageRegistry, ImageState } from "./image-registry.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { mayBePlain } from "./plain-http.ts";
import { speaksTls } from "./probe-tls.ts";
import { registryHttp, type Answer } from "./registry-http.ts";
import { patience as usual, type Patience } from "./retry.ts";
import { Unreadable } from "./unreadable.ts";

export interface OciRegistryOptions {
  /** Where credentials and certificates are: DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, HOME, PATH, SSL_CERT_FILE. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Registries, as written in references, that may be spoken to without encryption. This machine always may. */
  readonly insecure?: readonly string[];
  readonly patience?: Partial<Patience>;
}

const READS_AT_ONCE = 4;

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Registries that speak the OCI distribution protocol. Logins are remembered as long as this is: make one for each run. */
export function ociRegistry({ env, insecure = [], ...options }: OciRegistryOptions): ImageRegistry {
  const patience = { ...usual, ...options.patience };
  const http = registryHttp({ env, insecure, patience });
  const credentials = dockerCredentials({ env, helperTimeout: patience.helper });
  const logins = authorizer({ http, credentials, insecure });
  const limit = pLimit(READS_AT_ONCE);
  const schemes = new Map<string, "http" | "https">();

  async function state(reference: string, signal: AbortSignal): Promise<ImageState> {
    return limit(async () => {
      signal.throwIfAborted();
      try {
        return await read(parseReference(reference), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Unreadable) return { kind: "unreadable", reason: error.message };
        throw error;
      }
    });
  }

  async function read(image: ImageReference, signal: AbortSignal): Promise<ImageState> {
    const head = await ask("HEAD", image, signal);
    // Why it is not found stands in a body; and not every registry knows HEAD.
    const answer = [404, 405, 501].includes(head.status) ? await ask("GET", image, signal) : head;
    return judgeAnswer(
      {
        status: answer.status,
        contentType: answer.headers["content-type"],
        digest: answer.headers["docker-content-digest"]?.toString(),
        retryAfter: answer.headers["retry-after"],
        body: answer.body,
      },
      image.registry,
    );
  }

  async function ask(method: "HEAD" | "GET", image: ImageReference, signal: AbortSignal): Promise<Answer> {
    const scheme = await schemeOf(image.host, signal);
    const url = new URL(`${scheme}://${image.host}/v2/${image.repository}/manifests/${image.version}`);
    const send = async (authorization: string | undefined) => {
      const answer = await http.send({ method, url, accept, authorization }, signal);
      if (answer.status !== 401 || answer.url.origin === url.origin) return answer;
      throw new Unreadable(
        `"${image.registry}" redirects to "${answer.url.host}", which wants a login of its own (401)`,
      );
    };

    const granted = (answer: Answer, authorization: Authorization | undefined) => {
      if (answer.status !== 403 || !authorization) return answer;
      throw new Unreadable(refusal(image, authorization.found, 403));
    };

    const known = logins.known(image);
    const first = await send(known?.header);
    if (first.status !== 401) return granted(first, known);
    const obtained = await logins.obtain(image, first, known, signal);
    const second = await send(obtained.header);
    if (second.status === 401) throw logins.shut(image, obtained);
    return granted(second, obtained);
  }

  /** Where plain HTTP is allowed, it is the second choice. */
  async function schemeOf(host: string, signal: AbortSignal): Promise<"http" | "https"> {
    const known = schemes.get(host);
    if (known) return known;
    const plain = mayBePlain(host, insecure) && !(await speaksTls(host, patience.request, signal));
    schemes.set(host, plain ? "http" : "https");
    return plain ? "http" : "https";
  }

  return { state };
}
