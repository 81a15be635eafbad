import type { Answer } from "./call.ts";

/** A request as it is seen before the host answers it. */
export interface InterceptedRequest {
  readonly method: string;
  /** Below the API's root, without the query, as it was asked for. */
  readonly path: string;
  /** The whole address by the repository's id, which survives renames; as it is for what is no repository's. */
  readonly stableUrl: string;
  readonly operationId: string;
  /** Path, query and body parameters together. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly login: string | undefined;
}

/** How an answer can fail on its way. `reset`: none arrives; `cut`: its second half does not arrive. */
export type Fault = "reset" | "cut";

export interface InterceptedAnswer extends Answer {
  /** Instead of the body as JSON. */
  readonly text?: string;
  readonly fault?: Fault;
}

/**
 * Answers in place of the host.
 *
 * @param truth what the host would answer, to the same request or to one with other parameters
 */
export type Impostor = (
  truth: (changes?: Readonly<Record<string, unknown>>) => Promise<Answer>,
) => Promise<InterceptedAnswer>;

/** Decides about every request that would be answered; undefined leaves it to the host. */
export type Intercept = (request: InterceptedRequest) => Impostor | undefined;
