import { hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import about from "../../package.json" with { type: "json" };
import { commitStatusOf } from "../feedback/commit-status.ts";
import { deploymentOf, type DesiredDeployment } from "../feedback/deployment.ts";
import type { ToldPolicy } from "../feedback/asked.ts";
import type { Feedback, PullRequestStatus } from "../feedback/feedback.ts";
import { redactedStatus } from "../feedback/redacted-status.ts";
import { toldSoFar } from "../feedback/told.ts";
import { commentOf } from "../report/comment.ts";
import { stickyComments } from "./feedback-comment.ts";
import { deployments } from "./feedback-deployment.ts";
import { feedbackProblems, type FeedbackKind } from "./feedback-problems.ts";
import { commitStatuses } from "./feedback-status.ts";
import type { GitHubClient } from "./octokit-client.ts";
import { orAborted } from "../or-aborted.ts";

export interface FeedbackOptions {
  /** Writes one at a time, at the pace GitHub asks for, with bounded retries. */
  readonly client: Pick<GitHubClient, "octokit" | "owner" | "repo" | "repository" | "memory">;
  /** Pulumi project of the driver: two drivers on one repository have a project each, and do not write over each other. */
  readonly project: string;
  readonly policy: ToldPolicy;
  readonly enabled: Readonly<Record<FeedbackKind, boolean>>;
  /** Name of the commit status. Default: `preview`. */
  readonly context?: string | undefined;
  /** Page of this run's log, in GitHub Actions. */
  readonly runUrl?: string | undefined;
  /** Blots out secrets in what engines, charts and containers say. */
  readonly redact?: ((text: string) => string) | undefined;
}

/** Makes a write; undefined: there is nothing to be written, which is mostly so. */
type Write = ((signal: AbortSignal) => Promise<void>) | undefined;

interface Job {
  readonly status: PullRequestStatus;
  readonly deployments: readonly DesiredDeployment[];
}

/** How long what is left may take once the run was interrupted: GitHub Actions waits 7.5 s before it asks harder. */
const GRACE_MS = 3000;
const LONGEST_WRITE_MS = 120_000;

/** Tells people on GitHub, in the background, one write after the other. */
export function octokitFeedback(options: FeedbackOptions): Feedback {
  const { client, project, policy, enabled, context = "preview", runUrl, redact } = options;
  const told = toldSoFar(client.memory, client.repository, project);
  const problems = feedbackProblems(client.repository);
  const comments = stickyComments(client, project);
  const environments = deployments(client, { project, runUrl });
  const statuses = commitStatuses(client);
  const jobs = new Map<number, Job>();
  const heardOf = new Set<number>();
  const lastWords = new Map<number, PullRequestStatus>();
  const stop = new AbortController();
  const stopped = () => stop.signal.aborted;
  let working: Promise<void> | undefined;

  function tell(status: PullRequestStatus): void {
    if (isUndecided(status)) return;
    heardOf.add(status.number);
    const clean = redact === undefined ? status : redactedStatus(status, redact);
    const desired = enabled.deployment ? clean.previews.flatMap((preview) => deploymentOf(preview) ?? []) : [];
    const waiting = jobs.get(status.number)?.deployments ?? [];
    // Of the comment and the status only the latest counts; a Deployment goes through all of its states.
    jobs.set(status.number, { status: clean, deployments: [...waiting, ...desired] });
    working ??= work();
  }

  async function finish(signal: AbortSignal): Promise<readonly string[]> {
    for (const status of told.lastWords()) if (!heardOf.has(status.number)) tell(status);
    const ended = deadline(signal, stop);
    while (working !== undefined) await working;
    ended();
    for (const [number, { status }] of jobs) keepIfLast(number, status);
    told.keepLastWords([...lastWords.values()]);
    const interrupted = [...jobs.keys()].join(", ");
    jobs.clear();
    heardOf.clear();
    const unsaid = `interrupted before all was written on pull requests ${interrupted}; the next run writes it`;
    return interrupted === "" ? problems.take() : [...problems.take(), unsaid];
  }

  async function work(): Promise<void> {
    // Whoever tells something must not wait for it, not even for its rendering; and what begins as soon as it is planned is said once.
    await setImmediate();
    for (let next = jobs.entries().next(); !next.done && !stopped(); next = jobs.entries().next()) {
      const [number, job] = next.value;
      jobs.delete(number);
      await write(number, job);
      // Interrupted in the middle: it is not written, unless something newer is to be told.
      if (stopped() && !jobs.has(number)) jobs.set(number, job);
    }
    working = undefined;
  }

  async function write(number: number, job: Job): Promise<void> {
    const { status, deployments } = job;
    lastWords.delete(number);
    const mark = markOf(job);
    if (told.of(number).said === mark) {
      // What was there is not drawn again only to find that it is.
      for (const kind of ["comment", "deployment", "status"] as const) problems.succeeded(kind, number);
      return;
    }
    const there = [
      await attempt("comment", status, () => commentWrite(status)),
      await attempt("deployment", status, () => deploymentsWrite(number, deployments)),
      await attempt("status", status, () => statusWrite(status)),
    ];
    told.add(number, { said: there.every(Boolean) ? mark : undefined });
  }

  /** All that what is said depends on, but for what was said before. */
  function markOf(job: Job): string {
    return hash("sha256", JSON.stringify([about.version, project, context, policy, enabled, job])).slice(0, 16);
  }

  /**
   * Whether there is nothing to be written. A failure is noted, and stops neither the other kinds nor other pull requests.
   */
  async function attempt(kind: FeedbackKind, status: PullRequestStatus, needed: () => Write): Promise<boolean> {
    const { number } = status;
    if (!enabled[kind]) return true;
    if (stopped()) return false;
    const writing = needed();
    if (writing === undefined) {
      problems.succeeded(kind, number);
      return true;
    }
    const off = problems.off(kind);
    if (off !== undefined) {
      if (off.kind !== "refused" && off.kind !== "token") keepIfLast(number, status);
      return false;
    }
    // Not AbortSignal.timeout: that one, and all that it holds, would live for its time after each write, or nothing written.
    const late = new AbortController();
    const limit = setTimeout(() => {
      late.abort(new DOMException("the write took too long", "TimeoutError"));
    }, LONGEST_WRITE_MS);
    const signal = AbortSignal.any([stop.signal, late.signal]);
    try {
      await orAborted(writing(signal), signal);
      problems.succeeded(kind, number);
    } catch (error) {
      if (stopped()) return false;
      const trouble = problems.failed(kind, number, error);
      if (trouble.kind === "unanswered" || trouble.kind === "limit") keepIfLast(number, status);
    } finally {
      clearTimeout(limit);
    }
    return false;
  }

  function keepIfLast(number: number, status: PullRequestStatus): void {
    if (!status.open) lastWords.set(number, status);
  }

  function commentWrite(status: PullRequestStatus): Write {
    const { comment: known } = told.of(status.number);
    const text = commentOf(status, { project, policy, told: known !== undefined });
    if (text === undefined || comments.isThere(text, known)) return undefined;
    return async (signal) => {
      told.add(status.number, { comment: await comments.write(status.number, text, known, signal) });
    };
  }

  function deploymentsWrite(number: number, desired: readonly DesiredDeployment[]): Write {
    const known = ({ environment }: DesiredDeployment) => told.of(number).deployments?.[environment];
    if (desired.every((one) => environments.isThere(one, known(one)))) return undefined;
    return async (signal) => {
      for (const one of desired) {
        await environments.write(one, known(one), {
          signal,
          remember: (now) => {
            told.add(number, { deployments: { ...told.of(number).deployments, [one.environment]: now } });
          },
        });
      }
    };
  }

  function statusWrite(status: PullRequestStatus): Write {
    const { status: known, comment } = told.of(status.number);
    const wanted = commitStatusOf(status, { context, policy, told: known?.sha === status.sha });
    if (wanted === undefined || statuses.isThere(wanted, known)) return undefined;
    return async (signal) => {
      await statuses.write(wanted, known, { signal, elsewhere: runUrl ?? comment?.url });
      told.add(status.number, { status: wanted });
    };
  }

  return { tell, finish };
}

/** Open, though the list of open ones lacked it: its previews are left alone, and nothing was decided that is worth a word. */
function isUndecided({ open, previews }: PullRequestStatus): boolean {
  return open && previews.every(({ phase, verdict }) => phase === "held" && verdict === undefined);
}

/** Once the signal aborts, what is left has a little time; the result ends the watch. */
function deadline(signal: AbortSignal, stop: AbortController): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => {
      stop.abort();
    }, GRACE_MS);
  };
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", start);
  };
}
