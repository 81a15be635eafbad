import { ensureTools } from "../../sandbox/tools/ensure-tools.ts";
import { sandboxObstacle } from "./machine.ts";

/** Builds or finds the tools once, before the first test that needs them, and says what takes so long. */
export default async function setup(): Promise<void> {
  if (sandboxObstacle() !== undefined) return;
  const say = (line: string): void => {
    process.stderr.write(`tools: ${line}\n`);
  };
  await ensureTools({
    progress: {
      start: (step) => {
        say(`${step} …`);
      },
      done: (step, ms, cached) => {
        say(`${step} ${cached ? "found" : `made in ${Math.round(ms / 1000)} s`}`);
      },
    },
  });
}
