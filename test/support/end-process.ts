import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const PATIENCE_MS = 10_000;

/** Ends a process in good order, and in any other when it does not listen. One that is gone already is fine. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await ended;
  clearTimeout(late);
}
