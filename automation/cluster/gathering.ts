/** For so long a question counts as recent: longer than a poll and the longest gathering together. */
export const RECENT_MS = 3000;

/** So many questions three previews ask in that time, and nobody shall wait for company that does not come. */
const FEW_QUESTIONS = 30;
/** So many names are asked for one by one: a list answers all, and is larger. */
const FEW_NAMES = 3;

const LEAST_MS = 50;
const MOST_MS = 2000;
/** The API server, and whoever reads what it answers, shall be idle most of the time. */
const IDLE_SHARE = 5;
/** The more questions come, the more of them an answer is to serve. */
const MS_FOR_A_QUESTION = 3;

export interface Traffic {
  /** Questions within the last {@link RECENT_MS}. */
  readonly recent: number;
  /** How long the last answer took. */
  readonly tookMs: number;
}

/** How long questions are gathered before they are asked together. PURE. */
export function gatheringMs({ recent, tookMs }: Traffic): number {
  if (recent <= FEW_QUESTIONS) return 0;
  return Math.min(MOST_MS, Math.max(LEAST_MS, IDLE_SHARE * tookMs, MS_FOR_A_QUESTION * recent));
}

/** Whether so many names are asked for by one list, rather than one by one. PURE. */
export function wantsList(names: number): boolean {
  return names > FEW_NAMES;
}
