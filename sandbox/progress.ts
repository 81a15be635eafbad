import { Listr } from "listr2";
import type { Progress } from "./tools/progress.ts";

/**
 * Does long work and shows how far it is: on a terminal one line that lives, with what was made below it; else a line for
 * every step that starts and ends.
 */
export async function withProgress<T>(
  title: string,
  stream: NodeJS.WriteStream,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  if (stream.isTTY && stream === process.stdout) return onTerminal(title, work);
  const write = (line: string): void => {
    stream.write(`${line}\n`);
  };
  const begin = performance.now();
  write(`== ${title}`);
  const result = await work(lines(write));
  write(`== ${title}: ${duration(performance.now() - begin)}`);
  return result;
}

/** Progress as lines, for a log: a step's start is told only when its end does not follow at once. */
export function lines(write: (line: string) => void): Progress {
  const untold = new Map<string, NodeJS.Timeout>();
  return {
    start: (step) => {
      const tell = (): void => {
        write(`… ${step}`);
      };
      untold.set(step, setTimeout(tell, 500).unref());
    },
    done: (step, ms, cached) => {
      clearTimeout(untold.get(step));
      write(`✓ ${step} (${cached ? "found" : duration(ms)})`);
    },
  };
}

export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

async function onTerminal<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const running = new Map<string, string>();
  const list = new Listr<{ result?: T }>(
    [
      {
        title,
        rendererOptions: { outputBar: Infinity, persistentOutput: true },
        task: async (context, task) => {
          const begin = performance.now();
          let coming: readonly string[] = [];
          const show = (): void => {
            const steps = [...running].map(([step, line]) => (line === "" ? step : `${step} (${line.slice(0, 60)})`));
            const [next] = coming;
            if (next !== undefined) steps.push(`next ${next}`);
            task.title = steps.length === 0 ? title : `${title}: ${steps.join(", ")}`;
          };
          context.result = await work({
            plan: (steps) => {
              coming = steps;
            },
            start: (step) => {
              running.set(step, "");
              coming = coming.filter((one) => one !== step);
              show();
            },
            output: (line, step) => {
              running.set(step, line.trim());
              show();
            },
            done: (step, ms, cached) => {
              running.delete(step);
              if (!cached) task.output = `${step} ${duration(ms)}`;
              show();
            },
          });
          task.title = `${title} (${duration(performance.now() - begin)})`;
        },
      },
    ],
    { registerSignalListeners: false },
  );
  const { result } = await list.run({});
  return result as T;
}
