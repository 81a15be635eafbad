// First this one: what comes after it loads Pulumi's SDK.
import "./seldom-needed.ts";
import { PolicyRefusal } from "../engine.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { describeFailure } from "./pulumi-failure.ts";
import { runJob } from "./run-job.ts";

let cancellation: AbortController | undefined;

function say(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function cancel(): void {
  cancellation?.abort();
}

async function work({ job }: Extract<ToWorker, { type: "run" }>): Promise<void> {
  const current = new AbortController();
  cancellation = current;
  try {
    await runJob(job, current.signal, say);
    say({ type: "done" });
  } catch (error) {
    const refused = error instanceof PolicyRefusal;
    say({ type: "failed", message: refused ? error.message : describeFailure(error), refused });
  } finally {
    cancellation = undefined;
    if (!process.connected) process.exit(0);
  }
}

process.on("message", (message: ToWorker) => {
  if (message.type === "cancel") cancel();
  else void work(message);
});

// The driver is gone: end what is running in good order, so that no lock stays behind, then end too.
process.on("disconnect", () => {
  if (cancellation) cancel();
  else process.exit(0);
});

// Only the driver cancels. A signal to everything around must neither end a worker before its Pulumi nor reach Pulumi twice.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

// A program's stray rejection ends its own run through Pulumi's handlers; it must not take the worker with it.
process.on("unhandledRejection", (reason) => {
  if (!cancellation) say({ type: "failed", message: describeFailure(reason), refused: false });
});

// Nobody reads it any more once the driver is gone.
process.stderr.on("error", () => undefined);
