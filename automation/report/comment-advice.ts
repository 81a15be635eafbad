import { awaitsApproval, type ToldPolicy } from "../feedback/asked.ts";
import type { Phase, PreviewStatus, PullRequestStatus } from "../feedback/feedback.ts";
import { code } from "./markdown.ts";

/** There is a preview, or there will be one without anybody's doing. */
const alive: ReadonlySet<Phase> = new Set(["held", "queued", "deploying", "ready", "failed"]);

/** What people can do about it as things stand, a line each. */
export function adviceOf(
  { open, sha }: Pick<PullRequestStatus, "open" | "sha">,
  previews: readonly PreviewStatus[],
  policy: ToldPolicy,
): readonly string[] {
  if (!open) return [];
  const running = previews.filter(({ phase, verdict }) => alive.has(phase) && !verdict?.ends);
  const rules = new Set(previews.filter(({ phase }) => phase !== "ready").map(({ verdict }) => verdict?.rule));
  const approving = previews.some((preview) => awaitsApproval(preview, policy));
  const commands = policy.commands && (running.length > 0 || rules.has("stopped") || rules.has("expired"));
  return [
    approving && approval(sha, policy),
    rules.has("label") && `The label ${code(policy.label)} asks for a preview.`,
    rules.has("paused") && `Without the label ${code(policy.labels.pause)} it goes on.`,
    rules.has("stopped") && policy.commands && `${code("/preview")} starts it again.`,
    rules.has("expired") && revival(policy),
    running.length > 0 && policy.commands && `${code("/preview stop")} removes it while the pull request stays open.`,
    running.some(({ expiresAt }) => expiresAt !== undefined) && keeping(policy),
    running.length > 0 && "Closing the pull request removes it.",
    commands && commanders(policy),
  ].filter((line) => line !== false);
}

function approval(sha: string, { commands, approvers }: ToldPolicy): string {
  const ways = commands
    ? `${code(`/preview approve ${sha}`)}, or an approving review of it, lets`
    : "An approving review lets";
  const right = `It takes the permission ${code(approvers)}, and a push withdraws it.`;
  return `${ways} this commit of a fork have a preview. ${right} Read the changes first: they will run in the cluster.`;
}

function revival({ commands, labels }: ToldPolicy): string {
  const ways = commands ? `A push, ${code("/preview keep")} or` : "A push or";
  return `${ways} the label ${code(labels.keep)} brings it back.`;
}

function keeping({ commands, labels }: ToldPolicy): string {
  const forever = `the label ${code(labels.keep)} keeps it from expiring.`;
  return commands ? `${code("/preview keep")} counts its time anew; ${forever}` : `The label ${forever.slice(4)}`;
}

function commanders({ commanders }: ToldPolicy): string {
  const others = `people with the permission ${code(commanders)}`;
  return `A command is a comment of one line, by the author of the pull request or by ${others}.`;
}
