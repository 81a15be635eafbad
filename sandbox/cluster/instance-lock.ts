import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Does the work while no other command works on the instance. The lock is a socket without a file: the kernel gives it to
 * one process only, and takes it back when that process ends, however it ends.
 */
export async function withInstanceLock<T>(
  instance: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const name = `\0preview-environments/sandbox/${instance}`;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await listen(name);
    if (lock !== undefined) {
      try {
        return await work();
      } finally {
        await new Promise((closed) => lock.close(closed));
      }
    }
    await sleep(200);
  }
}

function listen(name: string): Promise<ReturnType<typeof createServer> | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}
