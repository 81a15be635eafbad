import { request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * One GET through the gateway. The Host header decides the route, so `fetch`, which may not set it, will not do.
 * Nothing is kept alive: a connection left over from a route that went away must not answer for it.
 */
export function ask(address: string, host: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: address, path, headers: { host }, agent: false, timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: body.trim() });
      });
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`http://${address}${path} did not answer within 10 s`)));
    call.on("error", reject);
    call.end();
  });
}

/** Times of a second or two are measured by it. */
const ASK_EVERY_MS = 50;

/** Asks until the answer is the expected one; after `seconds` the last answer is the error. */
export async function askUntil(
  url: { readonly address: string; readonly host: string; readonly path: string },
  expected: (answer: Answer) => boolean,
  what: string,
  seconds: number,
): Promise<Answer> {
  const end = Date.now() + seconds * 1000;
  let last = "no answer";
  while (Date.now() < end) {
    const answer = await ask(url.address, url.host, url.path).catch((error: unknown) => {
      last = error instanceof Error ? error.message : String(error);
      return undefined;
    });
    if (answer && expected(answer)) return answer;
    if (answer) last = `${answer.status} "${answer.body.slice(0, 200)}"`;
    await new Promise((wake) => setTimeout(wake, ASK_EVERY_MS));
  }
  throw new Error(
    `"${url.path}" of host "${url.host}" did not answer ${what} within ${seconds} s; its last answer: ${last}`,
  );
}
