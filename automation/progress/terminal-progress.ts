import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from "listr2";
import type { Action, Outcome } from "../model.ts";
import { lineProgress } from "./line-progress.ts";
import { isWork, type Progress } from "./progress.ts";

interface Line {
  report(text: string): void;
  finish(outcome: Outcome): void;
}

/** Asks nothing about standard output, which may be a file: the lines go to another stream. */
class StreamRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

/** One line per preview that is worked on, with what is being done; finished ones stay. More than fit are told as in a log. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress {
  let chosen: Progress | undefined;
  return {
    start(actions) {
      const fits = actions.filter(isWork).length < stream.rows;
      chosen = fits ? liveLines(stream) : lineProgress((line) => stream.write(`${line}\n`));
      chosen.start(actions);
    },
    report: (name, text) => chosen?.report(name, text),
    finish: (outcome) => chosen?.finish(outcome),
    stop: async () => chosen?.stop(),
  };
}

function liveLines(stream: NodeJS.WriteStream): Progress {
  const lines = new Map<string, Line>();
  let running: Promise<unknown> = Promise.resolve();
  return {
    start(actions) {
      const tasks = actions.filter(isWork).map((action) => task(action, lines));
      if (tasks.length === 0) return;
      const logger = new ListrLogger<never>({ processOutput: new ProcessOutput(stream, stream) });
      const list = new Listr(tasks, {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: StreamRenderer,
        rendererOptions: { collapseErrors: false, showErrorMessage: false, logger },
      });
      running = list.run();
    },
    report(name, text) {
      lines.get(name)?.report(text);
    },
    finish(outcome) {
      lines.get(outcome.name)?.finish(outcome);
    },
    async stop() {
      await running;
    },
  };
}

function task({ name, kind, reason }: Action, lines: Map<string, Line>) {
  const title = `${name}  ${kind}  ${reason}`;
  let say: (text: string) => void = () => undefined;
  const ended = new Promise<Outcome>((resolve) => {
    lines.set(name, {
      report: (text) => {
        say(text);
      },
      finish: resolve,
    });
  });
  return {
    title,
    task: async (_context: unknown, line: { title?: string; output: unknown }) => {
      say = (text) => {
        line.title = `${title}: ${text}`;
      };
      const outcome = await ended;
      const seconds = `${(outcome.ms / 1000).toFixed(1)} s`;
      line.title = `${title}: ${outcome.ok ? (outcome.url ?? "gone") : "failed"} (${seconds})`;
      if (!outcome.ok) throw new Error(line.title);
    },
  };
}
