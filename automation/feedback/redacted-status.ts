import type { PullRequestStatus } from "./feedback.ts";

/** The same status without secrets: texts come from engines, charts and containers. */
export function redactedStatus(status: PullRequestStatus, redact: (text: string) => string): PullRequestStatus {
  return {
    ...status,
    previews: status.previews.map((preview) => {
      const { verdict, error, log, contains, receipt, url } = preview;
      return {
        ...preview,
        contains: contains.map(redact),
        ...(url === undefined ? {} : { url: redact(url) }),
        ...(verdict === undefined ? {} : { verdict: { ...verdict, reason: redact(verdict.reason) } }),
        ...(error === undefined ? {} : { error: redact(error) }),
        ...(log === undefined ? {} : { log: redact(log) }),
        ...(receipt === undefined
          ? {}
          : { receipt: { removed: receipt.removed.map(redact), remains: receipt.remains.map(redact) } }),
      };
    }),
  };
}
