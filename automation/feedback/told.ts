import type { Memory } from "../memory/memory.ts";
import type { CommitStatus } from "./commit-status.ts";
import type { KnownDeployment } from "./deployment.ts";
import type { PullRequestStatus } from "./feedback.ts";

/** What was written on one pull request. A part that is missing is not known: it may be there or not. */
export interface Told {
  readonly comment?: KnownComment;
  /** By environment: those that are not inactive, oldest first. */
  readonly deployments?: Readonly<Record<string, readonly KnownDeployment[]>>;
  readonly status?: CommitStatus;
  /** Mark of the last state that was looked at whole, and of which everything was there. */
  readonly said?: string | undefined;
}

export interface KnownComment {
  readonly id: number;
  /** Hash of its text. */
  readonly hash: string;
  readonly url: string;
}

/** What was written, kept for this run and, as far as the memory goes, for the next one. */
export interface ToldSoFar {
  of(number: number): Told;
  add(number: number, part: Told): void;
  /** Last words on closed pull requests that could not be written: no later run has a reason to say them again. */
  lastWords(): readonly PullRequestStatus[];
  keepLastWords(statuses: readonly PullRequestStatus[]): void;
}

export function toldSoFar(memory: Memory, repository: string, project: string): ToldSoFar {
  const prefix = `feedback/${repository.toLowerCase()}/${project}`;
  const known = new Map<number, Told>();
  const of = (number: number): Told => known.get(number) ?? memory.get(`${prefix}/${number}`) ?? {};
  const lastWords = () => (memory.get(`${prefix}/last-words`) ?? []) as readonly PullRequestStatus[];
  return {
    of,
    add(number, part) {
      const told = { ...of(number), ...part };
      if (JSON.stringify(told) === JSON.stringify(of(number))) return;
      known.set(number, told);
      memory.set(`${prefix}/${number}`, told);
    },
    lastWords,
    keepLastWords(statuses) {
      if (statuses.length > 0 || lastWords().length > 0) memory.set(`${prefix}/last-words`, statuses);
    },
  };
}
