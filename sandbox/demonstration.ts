import { pushCommit } from "./github/push-commit.ts";
import type { Answer } from "./http.ts";
import {
  answers,
  closePullRequest,
  headSha,
  imageBuilt,
  platformUp,
  syncPreviews,
  reopenPullRequest,
  type Line,
  type SyncReport,
} from "./line.ts";
import { withProgress } from "./progress.ts";
import type { Stage } from "./stage.ts";
import type { Progress } from "./tools/ensure-tools.ts";

export interface DemonstrationOptions {
  readonly name: string;
  /** What the line stands on. */
  readonly stage: Stage;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly stream: NodeJS.WriteStream;
}

export interface Step {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
}

export interface Report {
  readonly ok: boolean;
  readonly steps: readonly Step[];
  /** What a team waits for, in milliseconds. */
  readonly times: readonly { readonly name: string; readonly ms: number }[];
  readonly previews: readonly ShownPreview[];
  readonly running: boolean;
  readonly error?: string;
}

export interface ShownPreview {
  readonly name: string;
  readonly number?: number;
  readonly url: string;
  readonly answer: string;
}

/** Runs the line step by step. The first step that fails ends it; what was started is ended all the same. */
export async function demonstrate({ name, stage, keep, signal, stream }: DemonstrationOptions): Promise<Report> {
  const steps: Step[] = [];
  const times: { name: string; ms: number }[] = [];
  const previews: ShownPreview[] = [];
  const step = async <T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T> => {
    const begin = performance.now();
    let ok = false;
    try {
      signal.throwIfAborted();
      const result = await withProgress(title, stream, work);
      ok = true;
      return result;
    } finally {
      steps.push({ name: title, ok, ms: Math.round(performance.now() - begin) });
    }
  };
  const timed = async <T>(what: string, work: Promise<T>, begin = performance.now()): Promise<T> => {
    const result = await work;
    times.push({ name: what, ms: Math.round(performance.now() - begin) });
    return result;
  };

  let error: string | undefined;
  let found = false;
  try {
    await step("tools and images: built once, found later", (progress) => stage.prepare(progress, signal));
    found = await step(stage.title, async (progress) => {
      const result = await stage.up(madeOnly(progress), signal);
      if (result.nodeReady !== undefined) times.push({ name: "sandbox start to node Ready", ms: result.nodeReady });
      return result.found;
    });
    let quiet: Line = { name, env: await stage.environment(), output: () => undefined, signal };
    const shown = (progress: Progress, about: string): Line => ({
      ...quiet,
      output: (text) => progress.output?.(text, about),
    });
    const show = async (
      label: string,
      path: string,
      expected: (answer: Answer) => boolean,
      what: string,
    ): Promise<void> => {
      const { status, body } = await answers(quiet, path, expected, what);
      const number = /^\/pr-(\d+)$/.exec(path)?.[1];
      const preview: ShownPreview = {
        name: label,
        ...(number === undefined ? {} : { number: Number(number) }),
        url: `http://${quiet.env["GATEWAY_ADDRESS"] ?? ""}${path}`,
        answer: status === 200 ? body : String(status),
      };
      const known = previews.findIndex((one) => one.url === preview.url);
      previews.splice(known === -1 ? previews.length : known, 1, preview);
    };
    const showCommit = async (number: number): Promise<void> => {
      const sha = await headSha(quiet, number);
      await show(`pull request ${number}`, `/pr-${number}`, isCommit(sha), `commit ${sha.slice(0, 7)}`);
    };

    await step("pull requests 41 and 42: open, their images built", async () => {
      for (const number of [41, 42]) await reopenPullRequest(quiet, number);
      for (const number of [41, 42]) await imageBuilt(quiet, await headSha(quiet, number));
    });
    await step("platform: pulumi up", (progress) =>
      timed("pulumi up to platform up", platformUp(shown(progress, "pulumi up"), stage.settings)),
    );
    // What only a cluster that is up can tell.
    quiet = { ...quiet, env: await stage.environment() };
    const opened = performance.now();
    await step("previews sync: one stack per pull request", async (progress) => {
      // On a sandbox that was left running they are there already.
      const actions = ["create", "update", "keep"];
      expectActions(await syncPreviews(shown(progress, "previews sync")), { 41: actions, 42: actions });
    });
    await step("every URL answers", async () => {
      await show(
        "production",
        "/",
        ({ status, body }) => status === 200 && /^\d+\.\d+\.\d+-[0-9a-f]{7}$/.test(body),
        "a release",
      );
      await Promise.all(
        [41, 42].map((number) =>
          timed(`pull request ${number} seen by sync to first answer`, showCommit(number), opened),
        ),
      );
    });
    await step("push to 41: its URL answers the new commit, 42 is not touched", async (progress) => {
      const begin = performance.now();
      const sha = await pushCommit({ env: quiet.env, number: 41, message: "Say it again" });
      await imageBuilt(quiet, sha);
      expectActions(await syncPreviews(shown(progress, "previews sync")), { 41: ["update"], 42: ["keep"] });
      await timed("push (image build included) to new answer", showCommit(41), begin);
    });
    await step("close 42: everything of it is gone, its URL answers 404", async (progress) => {
      const begin = performance.now();
      await closePullRequest(quiet, 42);
      expectActions(await syncPreviews(shown(progress, "previews sync")), { 41: ["keep"], 42: ["destroy"] });
      await timed(
        "close to gone",
        show("pull request 42", "/pr-42", ({ status }) => status === 404, "404"),
        begin,
      );
    });
    await step("previews sync again: nothing to do", async (progress) => {
      expectNothingDone(await syncPreviews(shown(progress, "previews sync")));
    });
  } catch (failure) {
    error = failure instanceof Error ? failure.message : String(failure);
  }
  // What was running before is not ours to end.
  const running = found || (keep && !signal.aborted);
  if (!running) {
    await step("end: everything that was started", () => stage.down()).catch((failure: unknown) => {
      error ??= failure instanceof Error ? failure.message : String(failure);
    });
  }
  const result = { ok: error === undefined, steps, times, previews, running };
  return error === undefined ? result : { ...result, error };
}

/** Without what was found: the step before has told that. */
function madeOnly(progress: Progress): Progress {
  return {
    start: () => undefined,
    done: (step, ms, cached) => {
      if (!cached) progress.done(step, ms, cached);
    },
  };
}

function isCommit(sha: string): (answer: Answer) => boolean {
  return ({ status, body }) => status === 200 && body.endsWith(`-${sha.slice(0, 7)}`);
}

/** What a sync may have done about a pull request: an action too many is as wrong as one too few. */
type Expected = Readonly<Record<number, readonly string[]>>;

function expectActions({ outcomes }: SyncReport, expected: Expected): void {
  for (const [number, actions] of Object.entries(expected)) {
    const action = outcomes.find((outcome) => outcome.number === Number(number))?.action ?? "nothing";
    if (actions.includes(action)) continue;
    throw new Error(
      `sync did "${action}" about pull request ${number}, where "${actions.join('" or "')}" was called for`,
    );
  }
}

function expectNothingDone({ outcomes }: SyncReport): void {
  const done = outcomes.filter(({ action }) => action !== "keep" && action !== "hold");
  if (done.length === 0) return;
  throw new Error(
    `sync did ${done.map(({ action, number }) => `"${action}" about ${number}`).join(", ")} where nothing was to do`,
  );
}
