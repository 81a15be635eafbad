import { request } from "node:http";
import { isIPv6 } from "node:net";
import { COMMIT_HEADER, judgeUrlAnswer } from "./judge-url-answer.ts";
import type { UrlAnswer, UrlCheck } from "./url-check.ts";

const TIMEOUT_MS = 5000;

/** Asks over HTTP, at the gateway's address where it is known, with the preview's host name. */
export function httpUrlCheck(): UrlCheck {
  return {
    ask: ({ address, host, path, sha }, signal) =>
      new Promise((resolve, reject) => {
        const options = {
          ...socketOf(address ?? host),
          path,
          headers: { host },
          timeout: TIMEOUT_MS,
          signal,
          agent: false,
        };
        const asked = request(options, (answer) => {
          answer.resume();
          const commit = answer.headers[COMMIT_HEADER];
          resolve(judgeUrlAnswer({ status: answer.statusCode ?? 0, commit: single(commit) }, sha));
        });
        asked.on("timeout", () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
        asked.on("error", (error) => {
          if (signal.aborted) reject(signal.reason as Error);
          else resolve(failure(error, address));
        });
        asked.end();
      }),
  };
}

function failure(error: Error, address: string | undefined): UrlAnswer {
  const unresolved = "code" in error && (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN");
  if (unresolved && address === undefined)
    return { kind: "unknown", why: `its host name leads nowhere: ${error.message}` };
  return { kind: "not yet", why: error.message };
}

/** An address may have a port. An IPv6 address stands in brackets in URLs, and may come without them. */
function socketOf(address: string): { readonly host: string; readonly port?: string } {
  if (isIPv6(address)) return { host: address };
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), ...(port === "" ? {} : { port }) };
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
