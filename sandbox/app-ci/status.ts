import { Octokit } from "@octokit/rest";

export interface StatusReporter {
  current(sha: string, context: string): Promise<string | undefined>;
  report(status: Status): Promise<void>;
}

export interface Status {
  readonly sha: string;
  readonly context: string;
  readonly state: "pending" | "success" | "failure";
  readonly description: string;
}

/** GitHub's limit. */
const longestDescription = 140;

/** Says on each commit what became of its jobs. */
export function commitStatuses(apiUrl: string, repository: string, token: string): StatusReporter {
  const octokit = new Octokit({ baseUrl: apiUrl, auth: token });
  const [owner = "", repo = ""] = repository.split("/");
  return {
    async current(sha, context) {
      const { data } = await octokit.rest.repos.getCombinedStatusForRef({ owner, repo, ref: sha, per_page: 100 });
      return data.statuses.find((status) => status.context === context)?.state;
    },
    async report({ description, ...status }) {
      await octokit.rest.repos.createCommitStatus({ owner, repo, ...status, description: shorten(description) });
    },
  };
}

/** The text in one line, cut to what a description may hold. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= longestDescription ? line : `${line.slice(0, longestDescription - 1)}…`;
}
