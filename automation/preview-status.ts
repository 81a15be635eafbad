import { sourceName } from "../components/manifests/preview.ts";
import type { Phase, PreviewStatus, PullRequestStatus } from "./feedback/feedback.ts";
import { isFork, type Action, type Outcome, type Preview, type PullRequest } from "./model.ts";

/** How far the work on a preview has come. */
export type Stage = "planned" | "begun" | "done";

export interface StatusInput {
  readonly action: Action;
  readonly stage: Stage;
  readonly outcome?: Outcome | undefined;
  /** The preview as it is by now; undefined: there is none. */
  readonly preview: Preview | undefined;
  readonly url: string;
  readonly controlNamespace: string;
}

/** What people are told about one preview. PURE. */
export function previewStatus(input: StatusInput): PreviewStatus {
  const { action, outcome, preview, url, controlNamespace } = input;
  const { name, app, number, pullRequest, verdict } = action;
  const phase = phaseOf(input);
  const { release, namespace } = preview ?? {};
  const runningSha = release?.ready ? release.sha : undefined;
  const there = phase !== "gone" && phase !== "ended" && (release !== undefined || namespace !== undefined);
  return {
    name,
    app,
    phase,
    sha: pullRequest?.head.sha ?? "",
    runningSha: there ? runningSha : undefined,
    url: there ? url : undefined,
    verdict,
    contains: there && release ? contentsOf({ number, app, name, sha: release.sha, controlNamespace }) : [],
    since: there ? (namespace?.createdAt ?? release?.createdAt) : undefined,
    expiresAt: there ? verdict?.expiresAt : undefined,
    error: outcome?.error,
    log: outcome?.log,
    receipt: outcome?.receipt,
  };
}

function phaseOf({ action, stage, outcome }: StatusInput): Phase {
  const { kind, verdict, preview, pullRequest } = action;
  if (kind === "keep") return "ready";
  if (kind === "hold") {
    if (preview) return "held";
    return verdict?.kind === "wait" ? "waiting" : "refused";
  }
  if (stage === "done" && !outcome?.ok) return "failed";
  if (kind === "destroy") {
    if (stage !== "done") return "held";
    return pullRequest?.state === "open" ? "ended" : "gone";
  }
  return stage === "planned" ? "queued" : stage === "begun" ? "deploying" : "ready";
}

interface Contents {
  readonly number: number;
  readonly app: string | undefined;
  readonly name: string;
  readonly sha: string;
  readonly controlNamespace: string;
}

function contentsOf({ number, app, name, sha, controlNamespace }: Contents): readonly string[] {
  const source = sourceName({ number, ...(app === undefined ? {} : { app }), sha });
  return [
    `HelmRelease ${controlNamespace}/${name}`,
    `GitRepository ${controlNamespace}/${source}`,
    `ServiceAccount ${controlNamespace}/${name}`,
    `Namespace ${name} with its quota, limits, network policy, role and role binding`,
  ];
}

/** What people are told on a pull request. PURE. */
export function pullRequestStatus(pullRequest: PullRequest, previews: readonly PreviewStatus[]): PullRequestStatus {
  const { number, repository, title, author, head, state } = pullRequest;
  return {
    number,
    repository,
    title,
    author,
    branch: head.branch,
    sha: head.sha,
    fork: isFork(pullRequest),
    open: state === "open",
    previews,
  };
}
