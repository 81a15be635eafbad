import DataLoader from "dataloader";
import { orAborted } from "../or-aborted.ts";
import { gatheringMs, RECENT_MS, wantsList } from "./gathering.ts";
import type { KubernetesApi } from "./kubernetes-api.ts";
import type { Conditioned, ListAnswer, Metadata } from "./objects.ts";

/** Objects of one kind in one place, asked for by name. */
export interface SharedObjects<T> {
  /** The object as it is after the question, ours or not; undefined: there is none. */
  get(name: string, signal: AbortSignal): Promise<T | undefined>;
}

interface Question {
  readonly name: string;
  readonly signal: AbortSignal;
}

type Answers<T> = ReadonlyMap<string, T | undefined | Error>;

/**
 * Hundreds of previews that wait ask for their objects again and again. Questions that come at about the same time are
 * answered together: a few names by a request each, many by one list.
 *
 * @param folder path of the list that the objects are in
 */
export function sharedObjects<T extends { readonly metadata?: Metadata } = Conditioned>(
  api: Pick<KubernetesApi, "get">,
  folder: string,
): SharedObjects<T> {
  const asked: number[] = [];
  let tookMs = 0;
  const loader = new DataLoader<Question, T | undefined>(answerAll, {
    // What was true for an earlier question need not be for a later one.
    cache: false,
    batchScheduleFn: (ask) => void setTimeout(ask, gatheringMs({ recent: asked.length, tookMs })),
  });

  async function answerAll(questions: readonly Question[]): Promise<readonly (T | undefined | Error)[]> {
    const ended = new AbortController();
    const signal = allAborted(
      questions.map((question) => question.signal),
      ended.signal,
    );
    const names = [...new Set(questions.map(({ name }) => name))];
    const begun = performance.now();
    try {
      signal.throwIfAborted();
      const answers = wantsList(names.length) ? await list(signal) : await oneByOne(names, signal);
      return questions.map(({ name }) => answers.get(name));
    } finally {
      tookMs = performance.now() - begun;
      ended.abort();
    }
  }

  async function list(signal: AbortSignal): Promise<Answers<T>> {
    // Without a selector: what is there and not ours must show.
    const answer = (await api.get(folder, signal)) as ListAnswer<T> | undefined;
    return new Map((answer?.items ?? []).map((object) => [object.metadata?.name ?? "", object]));
  }

  async function oneByOne(names: readonly string[], signal: AbortSignal): Promise<Answers<T>> {
    const one = (name: string) => api.get(`${folder}/${name}`, signal) as Promise<T | undefined>;
    return new Map(await Promise.all(names.map(async (name) => [name, await one(name).catch(asError)] as const)));
  }

  function note(): void {
    const now = performance.now();
    while (asked[0] !== undefined && now - asked[0] > RECENT_MS) asked.shift();
    asked.push(now);
  }

  return {
    get(name, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      note();
      return orAborted(loader.load({ name, signal }), signal);
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Aborts once every one of these has: as long as one of those who ask is there, the answer is wanted. */
function allAborted(signals: readonly AbortSignal[], ended: AbortSignal): AbortSignal {
  const all = new AbortController();
  const waiting = new Set(signals.filter((signal) => !signal.aborted));
  if (waiting.size === 0) all.abort(signals[0]?.reason);
  for (const one of waiting) {
    const aborted = () => {
      waiting.delete(one);
      if (waiting.size === 0) all.abort(one.reason);
    };
    one.addEventListener("abort", aborted, { once: true, signal: ended });
  }
  return all.signal;
}
