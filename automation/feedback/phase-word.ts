import type { Phase } from "./feedback.ts";

/** Where a preview stands, in the words people are told. */
export const phaseWord: Readonly<Record<Phase, string>> = {
  refused: "not made",
  waiting: "waiting",
  held: "left as it is",
  queued: "queued",
  deploying: "being deployed",
  ready: "ready",
  failed: "failed",
  ended: "ended",
  gone: "removed",
};
