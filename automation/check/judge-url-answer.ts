import type { UrlAnswer } from "./url-check.ts";

/** Response header with which a chart's route names the commit it shows. Optional: without it any answer of the app counts. */
export const COMMIT_HEADER = "x-preview-commit";

export interface HttpAnswer {
  readonly status: number;
  readonly commit: string | undefined;
}

/** Whether an answer is one of the app, and of this commit as far as it says so. PURE. */
export function judgeUrlAnswer({ status, commit }: HttpAnswer, sha: string): UrlAnswer {
  if (commit !== undefined && commit !== "" && commit !== sha) {
    return { kind: "not yet", why: `it answers with commit ${commit.slice(0, 12)}` };
  }
  // Who is asked to log in was answered by the app.
  if (status < 400 || status === 401 || status === 403) return { kind: "answered" };
  const cure = status === 404 ? "; if the app has nothing at that path, set check.path to one that answers" : "";
  return { kind: "not yet", why: `it answers ${status}${cure}` };
}
