/** What comes of the work, or the abort, whichever is first: a client that sits out a wait hears no signal. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    const ended = () => {
      signal.removeEventListener("abort", abort);
    };
    work.then(resolve, reject).finally(ended);
  });
}
