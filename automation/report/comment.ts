import { askedFor, type ToldPolicy } from "../feedback/asked.ts";
import type { Phase, PreviewStatus, PullRequestStatus } from "../feedback/feedback.ts";
import { phaseWord } from "../feedback/phase-word.ts";
import { adviceOf } from "./comment-advice.ts";
import { commentMarker } from "./comment-marker.ts";
import { fitting } from "./fitting.ts";
import { code, codeBlock, commit, details, link, list, table, time } from "./markdown.ts";

export interface CommentOptions {
  /** Pulumi project of the driver. */
  readonly project: string;
  readonly policy: ToldPolicy;
  /** There is a comment already, which must not become wrong. */
  readonly told?: boolean;
}

/** GitHub's limit, in characters. Its other one, 262,144 bytes, lies above: a code unit is 3 bytes at most. */
export const LONGEST_COMMENT = 65_536;

/** The one comment on a pull request; undefined: nobody asked, so there is nothing to say. */
export function commentOf(status: PullRequestStatus, options: CommentOptions): string | undefined {
  const { project, policy, told = false } = options;
  const previews = askedFor(status, policy, told);
  if (previews.length === 0) return undefined;
  const { open } = status;
  const advice = adviceOf(status, previews, policy);
  const draw = (room: Room) =>
    [
      commentMarker(project),
      ...(previews.length === 1 ? previews.flatMap((one) => alone(one, open, room)) : together(previews, open, room)),
      ...(advice.length === 0 ? [] : ["**What you can do**", list(advice)]),
    ].join("\n\n");
  return fitting(rooms, draw, ({ length }) => length <= LONGEST_COMMENT);
}

/** How much of what may be long is shown, in code units or in items. */
interface Room {
  readonly log: number;
  readonly error: number;
  readonly items: number;
  readonly previews: number;
}

/** Where everything does not fit, logs go first, then errors, then lists. The last one fits whatever is in it. */
const rooms: readonly Room[] = [
  { log: 8000, error: 4000, items: 100, previews: 100 },
  { log: 2000, error: 4000, items: 100, previews: 100 },
  { log: 500, error: 4000, items: 100, previews: 100 },
  { log: 0, error: 4000, items: 100, previews: 100 },
  { log: 0, error: 1000, items: 20, previews: 100 },
  { log: 0, error: 200, items: 5, previews: 50 },
  { log: 0, error: 0, items: 0, previews: 5 },
];

type Face = readonly [icon: string, word: string];

const icons: Readonly<Record<Phase, string>> = {
  refused: "➖",
  waiting: "⏳",
  held: "⏸️",
  queued: "⏳",
  deploying: "🚀",
  ready: "✅",
  failed: "❌",
  ended: "⏹️",
  gone: "🧹",
};

function faceOf({ phase, verdict, receipt }: PreviewStatus, open: boolean): Face {
  if (receipt !== undefined && receipt.remains.length > 0) return ["⚠️", "removed in part"];
  if (phase === "held" && (verdict?.ends || !open)) return [icons.gone, "being removed"];
  const stopped = phase === "ended" && (verdict?.rule === "stopped" || verdict?.rule === "expired");
  return [icons[phase], stopped ? verdict.rule : phaseWord[phase]];
}

function alone(preview: PreviewStatus, open: boolean, room: Room): readonly string[] {
  const { phase, url } = preview;
  const [icon, word] = faceOf(preview, open);
  const more = phase === "ready" && url !== undefined ? link(url) : reasonOf(preview);
  return [`${icon} **Preview: ${word}**${more === undefined ? "" : ` — ${more}`}`, ...parts(preview, room)];
}

function together(previews: readonly PreviewStatus[], open: boolean, room: Room): readonly string[] {
  const shown = previews.slice(0, room.previews);
  const rows = shown.map((preview) => {
    const { app, name, sha, url } = preview;
    const [icon, word] = faceOf(preview, open);
    const where = isRunning(preview) && url !== undefined ? link(url) : "";
    return [code(app ?? name, 100), `${icon} ${word}`, commit(preview.runningSha ?? sha), where];
  });
  const rest = previews.length - shown.length;
  return [
    "**Previews**",
    table(["App", "Preview", "Commit", "URL"], rows),
    ...(rest > 0 ? [`And ${rest} more.`] : []),
    ...shown.flatMap((preview) => {
      const reason = reasonOf(preview);
      const [icon, word] = faceOf(preview, open);
      const head = `${icon} **${code(preview.app ?? preview.name, 100)}: ${word}**`;
      return [reason === undefined ? head : `${head} — ${reason}`, ...parts(preview, room)];
    }),
  ];
}

/** What stands below a preview's headline. */
function parts(preview: PreviewStatus, room: Room): readonly string[] {
  const { error, log, contains, receipt } = preview;
  const remains = receipt?.remains ?? [];
  const removed = receipt?.removed ?? [];
  return [
    list(facts(preview)),
    error !== undefined && room.error > 0 && codeBlock(error, room.error),
    log !== undefined && room.log > 0 && details("The last log lines", codeBlock(log, room.log, "end")),
    remains.length > 0 && `What remains; the next run tries again:\n\n${items(remains, room)}`,
    removed.length > 0 && details("What was removed", items(removed, room)),
    contains.length > 0 && details("What it consists of", items(contains, room)),
  ].filter((part) => part !== false);
}

function facts(preview: PreviewStatus): readonly string[] {
  const { phase, sha, runningSha, url, since, expiresAt } = preview;
  const running = isRunning(preview);
  const behind = running && runningSha !== undefined && runningSha !== sha;
  return [
    behind ? `Commit ${commit(sha)}; the preview shows ${commit(runningSha)} still` : `Commit ${commit(sha)}`,
    running && phase !== "ready" && url !== undefined && link(url),
    running && since !== undefined && `Since ${time(since)}`,
    running && expiresAt !== undefined && `Expires ${time(expiresAt)}`,
  ].filter((fact) => fact !== false);
}

function isRunning({ phase, runningSha }: PreviewStatus): boolean {
  return phase === "ready" || (runningSha !== undefined && phase !== "ended" && phase !== "gone");
}

function reasonOf({ phase, verdict }: PreviewStatus): string | undefined {
  if (verdict === undefined || verdict.kind === "admit") return undefined;
  return phase === "refused" || phase === "waiting" || phase === "held" || phase === "ended"
    ? code(verdict.reason)
    : undefined;
}

function items(all: readonly string[], { items: most }: Room): string {
  const shown = all.slice(0, most).map((item) => code(item));
  const rest = all.length - shown.length;
  return list(rest > 0 ? [...shown, rest === all.length ? `${rest} objects` : `and ${rest} more`] : shown);
}
