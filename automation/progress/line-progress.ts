import { isWork, type Progress } from "./progress.ts";

/** One line when work on a preview begins and one when it ends: for logs. */
export function lineProgress(write: (line: string) => void): Progress {
  return {
    start(actions) {
      for (const { name, kind, reason } of actions.filter(isWork)) write(`${name}: ${kind}: ${reason}`);
    },
    report: () => undefined,
    finish(outcome) {
      if (!isWork({ kind: outcome.action })) return;
      const seconds = (outcome.ms / 1000).toFixed(1);
      write(`${outcome.name}: ${outcome.action} ${outcome.ok ? "done" : "failed"} after ${seconds} s`);
    },
    stop: () => Promise.resolve(),
  };
}

/** For where nobody looks. */
export const noProgress: Progress = {
  start: () => undefined,
  report: () => undefined,
  finish: () => undefined,
  stop: () => Promise.resolve(),
};
